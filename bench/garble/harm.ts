/** From errors to what is called garbled. All bounds were set before any verdict was looked at. */
import type { Errors } from './truth.ts';

/** Factors by which an error grows. */
interface Bounds {
  /** Its mean over all noise levels … */
  readonly all: number;
  /** … or over a third of them: little noise, middle, much. At one level ε, v and x₀ are wrong by the same factor. */
  readonly third: number;
}

/** Worse than any sound change of a net was seen to make it (fp8 without a scale: 1.04). */
const GARBLED: Bounds = { all: 1.15, third: 1.5 };

const GRAVE: Bounds = { all: 1.5, third: 4 };

/** A factor counts where it is above 1 by so many of its own standard errors. */
const SIGMAS = 3;

/**
 * Pictures off by so much, the mean square with pixels from −1 to 1: three times what the shapes' autoencoder loses
 * by itself.
 */
const PICTURE_OFF = 0.01;

/** A ratio of two errors, and how sure it is. */
interface Ratio {
  /** Infinity for a net that gives NaN. */
  readonly value: number;
  readonly error: number;
}

export interface Loss {
  /** Mean over all levels, damaged and sound. */
  readonly damaged: number;
  readonly sound: number;
  readonly all: Ratio;
  /** Thirds of the noise levels, from little noise to much. */
  readonly thirds: readonly Ratio[];
}

export function compare(damaged: Errors, sound: Errors): Loss {
  const levels = damaged.levels.length;
  const of = (from: number, to: number): Ratio =>
    ratioOf(damaged.levels.slice(from, to), sound.levels.slice(from, to));
  const third = levels / 3;
  return {
    damaged: meanOf(damaged.levels),
    sound: meanOf(sound.levels),
    all: of(0, levels),
    thirds: [of(0, third), of(third, 2 * third), of(2 * third, levels)],
  };
}

/**
 * Σ damaged / Σ sound over the same samples and noises, R. Its standard error is that of the mean of damaged − R·sound
 * within the levels, for the levels themselves are not drawn.
 */
function ratioOf(damaged: readonly Float64Array[], sound: readonly Float64Array[]): Ratio {
  const base = meanOf(sound);
  const value = meanOf(damaged) / base;
  if (!Number.isFinite(value)) return { value: Number.POSITIVE_INFINITY, error: 0 };
  let variance = 0;
  for (const [level, own] of damaged.entries()) {
    const rest = own.map((error, at) => error - value * ((sound[level] as Float64Array)[at] as number));
    const mean = rest.reduce((sum, each) => sum + each, 0) / rest.length;
    const squares = rest.reduce((sum, each) => sum + (each - mean) ** 2, 0);
    variance += squares / (rest.length - 1) / rest.length;
  }
  return { value, error: Math.sqrt(variance) / damaged.length / base };
}

function meanOf(levels: readonly Float64Array[]): number {
  const means = levels.map((own) => own.reduce((sum, each) => sum + each, 0) / own.length);
  return means.reduce((sum, each) => sum + each, 0) / means.length;
}

/** `harmless`: by these bounds nothing is worse. `refused`: it cannot be run at all, so it garbles nobody's picture. */
export type Harm = 'harmless' | 'garbling' | 'grave' | 'refused';

export function harmOf(loss: Loss, pictureOff = 0): Harm {
  if (exceeds(loss, GRAVE) || pictureOff > 4 * PICTURE_OFF) return 'grave';
  return exceeds(loss, GARBLED) || pictureOff > PICTURE_OFF ? 'garbling' : 'harmless';
}

/** Whether the mean over all levels alone says so: a third may be worse by far where the sound net has hardly any error. */
export function isGarbledOnAverage({ all }: Loss): boolean {
  return isAbove(all, GARBLED.all);
}

function exceeds({ all, thirds }: Loss, bounds: Bounds): boolean {
  return isAbove(all, bounds.all) || thirds.some((third) => isAbove(third, bounds.third));
}

function isAbove({ value, error }: Ratio, bound: number): boolean {
  return value > bound && value - SIGMAS * error > 1;
}
