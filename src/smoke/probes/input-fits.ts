/** How well the layers of a net fit what they are given, as filed and with parts of it exchanged. */
import { normalNoise } from '../../schedule/noise.ts';
import { vpLevelOfSigma } from '../../schedule/prediction.ts';
import type { Net, Skip } from '../../topology/net.ts';
import { channelsOf } from '../../values/channels.ts';
import { correlate, patternOf, scaleOf } from '../../values/gram.ts';
import type { WeighedExchange } from '../../values/index.ts';
import { MOMENT_CHANNELS } from '../compile/index.ts';
import type { Pieces } from './exchanged.ts';
import type { Run } from './last-layer.ts';
import { sigmaAt, timestepNear } from './levels.ts';
import { mix, noises } from './mixing.ts';
import { type LayerMoments, type NetSubject, NotFinite } from './net-subject.ts';
import { OWN, ownPictures } from './samples.ts';
import { lengthOf, type Question } from './subject.ts';
import type { Variants } from './variants.ts';

/** An exchange: the blocks it touches, and what their tensors are made of once it is done. */
export interface ExchangeTrial {
  readonly places: readonly string[];
  readonly pieces: Pieces;
}

/** σ/α of the noise on them: from little to nearly nothing else. */
const SIGMAS = [0.1, 0.25, 0.6, 1.5, 3.5, 8];

/**
 * The weights R of a layer grow by products with what it is given: under gradient descent each step adds Σ δ·xᵀ. So RᵀR takes
 * on the pattern of Σ x·xᵀ, whatever wrote x; put elsewhere, the layer reads what its weights do not fit. Both patterns
 * are taken and compared as in the wiring (`patternOf`), summed over the layers of the blocks that are touched.
 * @returns for each trial by how much the layers fit better as filed; undefined where the other way gives NaN, or nothing
 *   can be compared
 */
export async function inputFits(
  variants: Variants,
  net: Net,
  run: Run,
  trials: readonly ExchangeTrial[],
): Promise<readonly (WeighedExchange | undefined)[]> {
  if (trials.length === 0) return [];
  const moments = new Set(trials.flatMap(({ places }) => places));
  const { questions, filed } = await variants.on(variants.compiled({ moments }), async (subject) => {
    const asked = await drawn(subject, run);
    subject.moments.clear();
    await subject.ask(asked);
    return { questions: asked, filed: fitsOf(net, subject.moments) };
  });
  const found: (WeighedExchange | undefined)[] = [];
  for (const { places, pieces } of trials) {
    const compiled = variants.compiled({ moments: new Set(places), pieces });
    try {
      const exchanged = await variants.on(compiled, async (subject) => {
        await subject.ask(questions);
        return fitsOf(net, subject.moments);
      });
      found.push(weighed(filed, exchanged));
    } catch (error) {
      if (!(error instanceof NotFinite)) throw error;
      found.push(undefined);
    }
  }
  return found;
}

/** The net's own pictures, each under the condition of its number, with noise of every level on them. */
async function drawn(subject: NetSubject, { type, levels, seed }: Run): Promise<readonly Question[]> {
  const noise = normalNoise(seed);
  const clean = await ownPictures(subject, type, levels, noise, OWN);
  return SIGMAS.flatMap((wanted) => {
    const timestep = timestepNear(levels, wanted);
    const level = vpLevelOfSigma(sigmaAt(levels, timestep));
    const given = noises(noise, OWN.count, lengthOf(subject));
    return clean.map((picture, index) => ({
      sample: mix(picture, given[index] as Float32Array, level),
      timestep,
      condition: index,
    }));
  });
}

/** atanh of the correlation of two patterns, and the standard deviations of chance in one of it. */
interface Fit {
  readonly size: number;
  readonly scale: number;
}

/** By layer, and by what it reads where that is two things side by side. */
function fitsOf(net: Net, moments: ReadonlyMap<string, LayerMoments>): ReadonlyMap<string, Fit> {
  const joined = new Map<string, Skip>(
    net.skips.flatMap((skip) => [
      [`${skip.consumer}.conv1`, skip] as const,
      [`${skip.consumer}.conv_shortcut`, skip] as const,
    ]),
  );
  const fits = new Map<string, Fit>();
  for (const [layer, { given, weights }] of moments) {
    const size = Math.sqrt(given.length);
    const cuts = [0, ...cutOf(joined.get(layer)), size];
    for (const [index, to] of cuts.slice(1).entries()) {
      const from = cuts[index] as number;
      const [a, b] = [given, weights].map((matrix) => patternOf(part(matrix, size, from, to), to - from));
      if (a === undefined || b === undefined) continue;
      const r = Math.max(-0.999, Math.min(0.999, correlate(a, b)));
      fits.set(`${layer}:${from}`, { size: Math.atanh(r), scale: scaleOf(to - from) });
    }
  }
  return fits;
}

/** Where the channels of the skip begin, among those that are looked at. */
function cutOf(skip: Skip | undefined): readonly number[] {
  if (skip === undefined) return [];
  const channels = channelsOf(skip.below + skip.channels, MOMENT_CHANNELS);
  return [channels.findIndex((channel) => channel >= skip.below)];
}

/** Rows and columns `from` up to `to` of a square matrix. */
function part(matrix: Float64Array, size: number, from: number, to: number): Float64Array {
  const n = to - from;
  const cut = new Float64Array(n * n);
  for (let row = 0; row < n; row += 1) {
    const start = (from + row) * size + from;
    cut.set(matrix.subarray(start, start + n), row * n);
  }
  return cut;
}

function weighed(
  filed: ReadonlyMap<string, Fit>,
  exchanged: ReadonlyMap<string, Fit>,
): WeighedExchange | undefined {
  let [margin, effect, filedFit, fit, layers] = [0, 0, 0, 0, 0];
  for (const [layer, { size, scale }] of exchanged) {
    const before = filed.get(layer);
    if (before === undefined) continue;
    margin += (before.size - size) * scale;
    effect += before.size - size;
    filedFit += before.size * scale;
    fit += size * scale;
    layers += 1;
  }
  if (layers === 0) return undefined;
  return { margin, effect, total: Math.max(filedFit, fit), fit: fit / Math.sqrt(layers) };
}
