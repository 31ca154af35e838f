/** What the layers of a net are given in a run, held against their weights. */
import { normalNoise } from '../../schedule/noise.ts';
import { vpLevelOfSigma } from '../../schedule/prediction.ts';
import { blocksOf, type Net, type Skip } from '../../topology/net.ts';
import { channelsOf } from '../../values/channels.ts';
import { correlate, patternOf, scaleOf } from '../../values/gram.ts';
import { MOMENT_CHANNELS } from '../compile/index.ts';
import type { Run } from './last-layer.ts';
import { sigmaAt, timestepNear } from './levels.ts';
import { mix, noises } from './mixing.ts';
import type { LayerMoments, NetSubject } from './net-subject.ts';
import { OWN, ownPictures } from './samples.ts';
import { lengthOf, type Question } from './subject.ts';
import type { Variants } from './variants.ts';

/** atanh of the correlation of two patterns, and the standard deviations of chance in one of it. */
export interface Fit {
  /** Canonical path. */
  readonly layer: string;
  readonly size: number;
  readonly scale: number;
}

/** By layer, and by what it reads where that is two things side by side. */
export type Fits = ReadonlyMap<string, Fit>;

export interface Inputs {
  /** What was asked: the net's own pictures with noise of every level on them. */
  readonly questions: readonly Question[];
  readonly fits: Fits;
}

/** σ/α of the noise on them: from little to nearly nothing else. */
const SIGMAS = [0.1, 0.25, 0.6, 1.5, 3.5, 8];

/**
 * The weights R of a layer grow by products with what it is given: under gradient descent each step adds Σ δ·xᵀ. So RᵀR takes
 * on the pattern of Σ x·xᵀ, whatever wrote x; put elsewhere, the layer reads what its weights do not fit. Both patterns
 * are taken and compared as in the wiring (`patternOf`). Takes some 400 runs.
 */
export function readInputs(variants: Variants, net: Net, run: Run): Promise<Inputs> {
  const moments = new Set(blocksGiven(net));
  return variants.on(variants.compiled({ moments }), async (subject) => {
    const questions = await drawn(subject, run);
    subject.moments.clear();
    await subject.ask(questions);
    return { questions, fits: fitsOf(net, subject.moments) };
  });
}

/** The blocks whose layers are held against what they are given. */
export function blocksGiven(net: Net): readonly string[] {
  return blocksOf(net).flatMap(({ id, kind }) => (kind === 'conv' || kind === 'embedding' ? [] : [id]));
}

/** The net's own pictures, each under the condition of its number, with noise of every level on them. */
async function drawn(
  subject: NetSubject,
  { type, levels, seed, pictures }: Run,
): Promise<readonly Question[]> {
  // not what they were drawn from
  const noise = normalNoise(pictures === undefined ? seed : seed + 1);
  const clean = pictures ?? (await ownPictures(subject, type, levels, noise, OWN));
  return SIGMAS.flatMap((wanted) => {
    const timestep = timestepNear(levels, wanted);
    const level = vpLevelOfSigma(sigmaAt(levels, timestep));
    const given = noises(noise, clean.length, lengthOf(subject));
    return clean.map((picture, index) => ({
      sample: mix(picture, given[index] as Float32Array, level),
      timestep,
      condition: index,
    }));
  });
}

export function fitsOf(net: Net, moments: ReadonlyMap<string, LayerMoments>): Fits {
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
      fits.set(`${layer}:${from}`, { layer, size: Math.atanh(r), scale: scaleOf(to - from) });
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
