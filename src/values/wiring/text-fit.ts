/** Whether texts stand in the basis that a net's cross-attentions have learnt to read. */
import { blocksOf, type Net } from '../../topology/net.ts';
import { channelsOf } from '../channels.ts';
import { correlate, Gram, patternOf, scaleOf } from '../gram.ts';
import { NetWeights, type ReadTensor } from '../weights.ts';
import type { Port } from './circuit.ts';
import { measure, type Patterns } from './measure.ts';

/** What cross-attention is given of a few texts by one encoder. */
export interface TextStates {
  /** Of each text [tokens, width], row by row. All have as many tokens. */
  readonly texts: readonly Float32Array[];
  readonly width: number;
  /** First of the channels that cross-attention reads them by: encoders stand side by side. */
  readonly first: number;
}

/** In standard deviations of chance, both. */
export interface TextFit {
  /** The layers that read, with each other: whether they have learnt one basis. */
  readonly readers: number;
  /** All of them together with the texts. */
  readonly texts: number;
}

/** As many channels as `validate --values` looks at. */
const CHANNELS = 128;

/**
 * The columns of `to_k` and `to_v` of every cross-attention grow by the states of the texts that they are trained on, so
 * their Gram patterns fit each other's and that of the states; those of an encoder of another training fit by chance.
 * Nothing of the net runs.
 * @returns a fit for each; undefined where the net does not read it by cross-attention alone, or nothing of it varies
 */
export async function readTextFits(
  net: Net,
  read: ReadTensor,
  states: readonly TextStates[],
): Promise<readonly (TextFit | undefined)[]> {
  // behind a projection of its own the text has another basis
  if (net.conditioning.encoderHidDim !== undefined) return states.map(() => undefined);
  const weights = new NetWeights(net, read);
  const ports = states.map(({ first, width }) => readersOf(net, weights, first, width));
  const patterns = await measure(ports.flat(), weights, { channels: CHANNELS });
  return states.map((each, index) => fitOf(each, patterns, ports[index] ?? []));
}

/** Keys and values of all cross-attentions that are wide enough. */
function readersOf(net: Net, weights: NetWeights, first: number, width: number): readonly Port[] {
  return blocksOf(net).flatMap(({ id, attention }) =>
    Array.from({ length: attention?.depth ?? 0 }, (_, index) =>
      ['to_k', 'to_v'].flatMap((leaf): readonly Port[] => {
        const layer = `${id}.transformer_blocks.${index}.attn2.${leaf}`;
        const inputs = weights.shape(`${layer}.weight`)?.[1] ?? 0;
        return inputs < first + width
          ? []
          : [{ block: id, layer, role: 'attention', side: 'reads', first, width }];
      }),
    ).flat(),
  );
}

function fitOf(states: TextStates, patterns: Patterns, readers: readonly Port[]): TextFit | undefined {
  const shared = patterns.shared(readers);
  const moments = momentsOf(states).flatMap((pattern) => pattern ?? []);
  if (shared === undefined || moments.length === 0) return undefined;
  const scale = scaleOf(Math.min(states.width, CHANNELS));
  const fits = moments.map(
    (pattern) => Math.atanh(Math.min(0.999, correlate(shared.pattern, pattern))) * scale,
  );
  return { readers: shared.z, texts: Math.max(...fits) };
}

/** Patterns of the states' second moments: as they are, about their mean, and about the mean of each place in the text. */
function momentsOf({ texts, width }: TextStates): readonly (Float32Array | undefined)[] {
  const channels = channelsOf(width, CHANNELS);
  const tokens = (texts[0]?.length ?? 0) / width;
  const count = tokens * texts.length;
  const rows = new Float32Array(channels.length * count);
  for (const [row, channel] of channels.entries()) {
    for (const [text, data] of texts.entries()) {
      for (let token = 0; token < tokens; token += 1)
        rows[row * count + text * tokens + token] = data[token * width + channel] as number;
    }
  }
  const apart = texts.length > 1 ? [centred(rows, count, tokens)] : [];
  return [rows, centred(rows, count, 1), ...apart].map((each) =>
    patternOf(gramOf(each, count), channels.length),
  );
}

/** Each row without its means over numbers that are `step` apart. */
function centred(rows: Float32Array, run: number, step: number): Float32Array {
  const own = rows.slice();
  for (let first = 0; first < own.length; first += run) {
    for (let place = first; place < first + step; place += 1) {
      let sum = 0;
      for (let at = place; at < first + run; at += step) sum += own[at] as number;
      const mean = sum / (run / step);
      for (let at = place; at < first + run; at += step) own[at] = (own[at] as number) - mean;
    }
  }
  return own;
}

function gramOf(rows: Float32Array, run: number): Float64Array {
  const gram = new Gram(rows.length / run);
  gram.add(
    rows,
    Int32Array.from({ length: gram.size }, (_, row) => row * run),
    run,
  );
  return gram.finish();
}
