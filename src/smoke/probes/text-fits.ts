/** Whether the texts that the net is fed are those of the encoder that its cross-attentions were trained with. */
import { readTextFits, type TextFit, type TextStates } from '../../values/index.ts';
import type { TextFeatures } from '../conditions.ts';
import type { Values } from '../engine.ts';
import type { Reader } from '../readers.ts';
import type { Session } from '../session.ts';

export interface FittedText extends TextFit {
  /** The encoder's title; absent for texts that were given as they are. */
  readonly encoder?: string;
}

/**
 * Holds texts against the weights that read them.
 * @param features of several texts
 * @param readers that made them; none where they were given
 */
export async function textFits(
  { parts, read }: Session,
  features: readonly TextFeatures[],
  readers: readonly Reader[],
): Promise<readonly FittedText[]> {
  const all = features.flatMap(({ hidden }) => (hidden === undefined ? [] : [hidden]));
  const [tokens = 0, whole = 0] = all[0]?.dims.slice(1) ?? [];
  const alike = all.filter(({ dims }) => dims[1] === tokens && dims[2] === whole);
  if (alike.length === 0) return [];
  let first = 0;
  const states = (readers.length === 0 ? [undefined] : readers).map((reader) => {
    const { model, title } = reader?.encoder ?? {};
    const width = model?.kind === 'clip-text' ? (model.hidden ?? 0) : whole;
    const texts = alike.map((hidden) => columns(hidden, whole, first, width));
    const own: TextStates = { texts, width, first };
    first += width;
    return { own, named: title === undefined ? {} : { encoder: title } };
  });
  const fits = await readTextFits(
    parts.net,
    read,
    states.map(({ own }) => own),
  );
  return fits.flatMap((fit, index) => (fit === undefined ? [] : [{ ...fit, ...states[index]?.named }]));
}

/** Columns `first` up to `first + width` of [1, tokens, whole]. */
function columns({ data }: Values, whole: number, first: number, width: number): Float32Array {
  const own = new Float32Array((data.length / whole) * width);
  for (let row = 0; row < data.length / whole; row += 1) {
    const start = row * whole + first;
    own.set((data as Float32Array).subarray(start, start + width), row * width);
  }
  return own;
}
