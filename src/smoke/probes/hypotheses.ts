/** Readings of a net that no shape tells apart: each is run against the one that is assumed. */
import type { NoiseSource } from '../../schedule/latent.ts';
import { type PredictionType, vpLevelOfSigma } from '../../schedule/prediction.ts';
import { blocksOf, type Net } from '../../topology/net.ts';
import type { Activation, Activations, Conventions } from '../compile/conventions.ts';
import type { Reading } from './assessment.ts';
import { type Levels, sigmaAt, timestepNear } from './levels.ts';
import { type Clean, dot, mean, mix, noiseIn, noises, standardError } from './mixing.ts';
import type { Refit } from './refit.ts';
import { drawSamples } from './samples.ts';
import { lengthOf, type Subject } from './subject.ts';

/** Another way to compute the same weights. */
export interface Hypothesis {
  /** `sinusoid`, `norm groups` … */
  readonly about: string;
  readonly assumed: string;
  readonly other: string;
  readonly conventions: Conventions;
}

/** σ/α that readings are compared at: where a net misses some of the noise and not all. */
const SIGMAS = [0.4, 0.8, 1.6, 3.2];
const PICTURES = 2;
const STEPS = 8;

/**
 * The other readings that a net's shapes allow, of what is no shape and shows: another eps of the norms moves the error by
 * less than 0.001 of itself, and another head count by less than the pictures do; these are left out.
 */
export function hypothesesOf(net: Net, conventions: Conventions): readonly Hypothesis[] {
  const found: Hypothesis[] = [];
  const add = (about: string, assumed: unknown, other: unknown, change: Partial<Conventions>): void => {
    const changed = { ...conventions, ...change };
    found.push({ about, assumed: String(assumed), other: String(other), conventions: changed });
  };
  const { flipSinToCos, freqShift, downsamplePadding, normGroups, addedTime, activations } = conventions;
  const blocks = blocksOf(net);
  const order = (cosineFirst: boolean): string => (cosineFirst ? 'cosine first' : 'sine first');
  if (net.conditioning.timeInputDim !== undefined && !blocks.some(({ id }) => id === 'time_proj')) {
    add('sinusoid', order(flipSinToCos), order(!flipSinToCos), { flipSinToCos: !flipSinToCos });
    add('frequency shift', freqShift, 1 - freqShift, { freqShift: 1 - freqShift });
  }
  if (addedTime !== undefined && blocks.some(({ id }) => id === 'add_embedding')) {
    const first = 'pooled text, then sizes';
    add('added conditioning', first, 'sizes, then pooled text', {
      addedTime: { ...addedTime, idsFirst: true },
    });
  }
  if (blocks.some(({ kind }) => kind === 'downsample')) {
    const other = downsamplePadding === 0 ? 1 : 0;
    add('downsample padding', downsamplePadding, other, { downsamplePadding: other });
  }
  const widths = blocks.flatMap(({ kind, inChannels }) => (kind === 'resnet' ? [inChannels] : []));
  for (const groups of [normGroups * 2, normGroups / 2]) {
    const divides = Number.isInteger(groups) && widths.every((width) => width % groups === 0);
    if (divides) add('norm groups', normGroups, groups, { normGroups: groups });
  }
  if (widths.length > 0) {
    const { resnet } = activations;
    const other = resnet === 'silu' ? 'gelu' : 'silu';
    add('activation', resnet, other, { activations: exchanged(activations, resnet, other) });
  }
  return found;
}

/** One activation in place of another wherever that stands: nets name one for all places, or for their resnets. */
function exchanged(activations: Activations, one: Activation, other: Activation): Activations {
  const places = Object.entries(activations).map(([place, each]) => [place, each === one ? other : each]);
  return Object.fromEntries(places) as unknown as Activations;
}

/** What is compared: pictures, and the noise that is put on them. */
export interface Trial {
  readonly pictures: readonly Clean[];
  readonly noise: readonly Float32Array[];
}

/** Pictures as a reading of the net draws them. They favour it: each reading is tried on the other's too. */
export async function drawTrial(
  subject: Subject,
  type: PredictionType,
  levels: Levels,
  noise: NoiseSource,
): Promise<Trial> {
  const options = { count: PICTURES, steps: STEPS, condition: (index: number) => index };
  const { pictures } = await drawSamples(subject, type, levels, noise, options);
  return { pictures, noise: noises(noise, PICTURES, lengthOf(subject)) };
}

/** ln(‖ε̂ − ε‖² / ‖ε‖²) of a reading for each picture at each level. */
export function errorsOf(
  subject: Subject,
  type: PredictionType,
  levels: Levels,
  { pictures, noise }: Trial,
): Promise<readonly number[]> {
  const rows = SIGMAS.map((sigma) => ({ sigma, noise }));
  return missedOf(subject, type, levels, pictures, rows);
}

/** Pictures are put to the test with a noise each, at one level. */
interface Row {
  /** σ/α */
  readonly sigma: number;
  readonly noise: readonly Float32Array[];
}

/** ln(‖ε̂ − ε‖² / ‖ε‖²) of every picture in every row, one row behind the other; each is fed the condition of its number. */
export async function missedOf(
  subject: Subject,
  type: PredictionType,
  levels: Levels,
  pictures: readonly Clean[],
  rows: readonly Row[],
): Promise<readonly number[]> {
  const asked = rows.flatMap(({ sigma: wanted, noise }) => {
    const timestep = timestepNear(levels, wanted);
    const sigma = sigmaAt(levels, timestep);
    return pictures.map((clean, condition) => {
      const given = noise[condition] as Float32Array;
      return { sample: mix(clean, given, vpLevelOfSigma(sigma)), timestep, condition, sigma, given };
    });
  });
  const outputs = await subject.ask(asked);
  return asked.map(({ sigma, sample, given }, index) => {
    const found = noiseIn(type, sigma, outputs[index] as Float32Array, sample);
    const missed = found.map((value, at) => value - (given[at] as number));
    return Math.log(dot(missed, missed) / dot(given, given));
  });
}

/** Shares of what is missed, by which one reading has to be nearer to rest, and standard errors of the difference. */
const [NEARER, NEARER_ERRORS] = [0.03, 3];

/** A reading that moves the error by less than this cannot be told, and does not matter. */
const MOVES = 0.05;

/** Whether the errors leave open which reading is right, and it matters. */
export function isOpen({ better, margin, error }: Reading): boolean {
  return better === 'neither' && Math.abs(margin) + 2 * error > MOVES;
}

/**
 * A reading that the errors leave open, by what a new fit of its last layer would take away. That layer was fitted to what
 * the right reading gives it; pictures that a reading drew do not favour it in this.
 */
export function settledBy(reading: Reading, assumed: Refit, other: Refit): Reading {
  const nearer = assumed.share - other.share;
  const certain = Math.abs(nearer) > Math.max(NEARER, NEARER_ERRORS * Math.hypot(assumed.error, other.error));
  const better = nearer > 0 ? 'other' : 'assumed';
  return { ...reading, refits: { assumed, other }, better: certain ? better : 'neither' };
}

/** Standard deviations over all layers by which a reading must fit better: of wrong ones sound nets have shown up to 2.1. */
const FITTING = 3.5;

/**
 * A reading that is open still, by which of both ways the layers fit what they are given better.
 * @param fits see `Reading`
 */
export function fittedBy(reading: Reading, fits: number): Reading {
  const better = fits > 0 ? 'other' : 'assumed';
  return { ...reading, fits, better: Math.abs(fits) > FITTING ? better : 'neither' };
}

/** ln of how many times less the other reading misses, told only where chance does not explain it. */
const [TOLD, TOLD_ERRORS] = [0.1, 3];

/**
 * Which of two readings denoises better, over the pictures that both drew.
 * @param assumed errors of the assumed reading on its own pictures and on the other's
 * @param other errors of the other reading on the same, in the same order
 */
export function compareReadings(
  { about, assumed: is, other: might }: Pick<Hypothesis, 'about' | 'assumed' | 'other'>,
  assumed: readonly number[],
  other: readonly number[],
): Reading {
  const gains = assumed.map((error, index) => error - (other[index] as number));
  const finite = gains.every(Number.isFinite);
  const margin = finite ? mean(gains) : -1e3;
  const error = finite ? standardError(gains) : 0;
  const certain = Math.abs(margin) > Math.max(TOLD, TOLD_ERRORS * error);
  return {
    about,
    assumed: is,
    other: might,
    margin,
    error,
    better: certain ? (margin > 0 ? 'other' : 'assumed') : 'neither',
  };
}
