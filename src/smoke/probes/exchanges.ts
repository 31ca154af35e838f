/** Exchanges that the weights leave open, each run both ways: does the net denoise better as filed, or exchanged? */
import type { NoiseSource } from '../../schedule/latent.ts';
import { normalNoise } from '../../schedule/noise.ts';
import type { Candidate } from '../../values/index.ts';
import type { Net } from '../../topology/net.ts';
import type { Piece } from '../compile/index.ts';
import type { ExchangeReading } from './assessment.ts';
import { exchanged } from './exchanged.ts';
import { missedOf } from './hypotheses.ts';
import type { Run } from './last-layer.ts';
import { type Clean, mean, noises, standardError } from './mixing.ts';
import { NotFinite } from './net-subject.ts';
import { drawSamples, polished } from './samples.ts';
import { lengthOf, type Subject } from './subject.ts';
import type { Variants } from './variants.ts';

/** Pictures that each side draws in one round, and how. */
const [PICTURES, STEPS] = [16, 12];
const POLISH = [1, 0.7, 0.5, 0.35, 0.25, 0.17, 0.12, 0.08];

/**
 * σ/α at which both are asked. Below, a net does better on its own pictures whatever it is; here the pictures of both
 * say nearly the same.
 */
const SIGMAS = [0.85, 1.2, 1.7, 2.4, 3.4, 4.8];

/** Noises on each picture and level. */
const REPEATS = 2;

/** Rounds, as long as what was seen is not enough. */
const ROUNDS = 3;

/** Exchanges that are tried, the least sure first: of a net whose weights say nothing all are open. */
const MOST = 24;

/** A mean change of ln error below this is none. */
const MOVES = 0.02;

/** What the difference has to be, and how many of its standard errors. */
const [TOLD, TOLD_ERRORS] = [0.03, 3.3];

/** A difference that is below this, two standard errors added, is none to speak of. */
const MATTERS = 0.05;

/** Pictures that one side drew, and the noises that are put on them. */
interface Round {
  readonly pictures: readonly Clean[];
  /** One set after the other. */
  readonly noise: readonly (readonly Float32Array[])[];
}

/** One exchange on the way. */
interface Trial {
  readonly candidate: Candidate;
  readonly pieces: ReadonlyMap<string, readonly Piece[]>;
  /** ln(error as filed / error exchanged), a number for each picture of either side, round after round. */
  readonly gains: number[];
  moved: number;
  /** Whether nothing more is to be asked. */
  done: boolean;
}

/**
 * Runs each exchange against the net as it is filed, on pictures that both draw: a net does better on its own, so the mean
 * over both counts, picture by picture from the same noise. What moves nothing is left at that. See docs/how-it-knows.md.
 * @param candidates what the weights leave open, the least sure first
 */
export async function settleExchanges(
  variants: Variants,
  net: Net,
  run: Run,
  candidates: readonly Candidate[],
): Promise<readonly ExchangeReading[]> {
  const trials = candidates.slice(0, MOST).flatMap((candidate): Trial[] => {
    const pieces = exchanged(net, candidate);
    return pieces === undefined ? [] : [{ candidate, pieces, gains: [], moved: 0, done: false }];
  });
  for (let round = 0; round < ROUNDS; round += 1) {
    const open = trials.filter(({ done }) => !done);
    if (open.length === 0) break;
    await oneRound(variants, { ...run, seed: run.seed + round }, open);
  }
  return trials.map(readingOf);
}

async function oneRound(variants: Variants, run: Run, open: readonly Trial[]): Promise<void> {
  const filed = variants.compiled();
  const mine = await variants.on(filed, async (subject) => {
    const drawn = await drawRound(subject, run);
    return { drawn, errors: await errorsOn(subject, run, drawn) };
  });
  const others: { trial: Trial; drawn: Round; errors: Errors; onMine: Errors }[] = [];
  for (const trial of open) {
    try {
      await variants.on(variants.compiled({ pieces: trial.pieces }), async (subject) => {
        const some = await errorsOn(subject, run, mine.drawn, 0, 1);
        if (trial.gains.length === 0) {
          trial.moved = mean(some.map((error, at) => Math.abs(error - (mine.errors[at] as number))));
          trial.done = trial.moved < MOVES;
          if (trial.done) return;
        }
        const onMine = [...some, ...(await errorsOn(subject, run, mine.drawn, 1))];
        const drawn = await drawRound(subject, run);
        others.push({ trial, drawn, onMine, errors: await errorsOn(subject, run, drawn) });
      });
    } catch (error) {
      // what gives NaN is no better way to wire it
      if (!(error instanceof NotFinite)) throw error;
      trial.done = true;
      trial.gains.push(Number.NEGATIVE_INFINITY);
    }
  }
  if (others.length === 0) return;
  await variants.on(filed, async (subject) => {
    for (const { trial, drawn, errors, onMine } of others) {
      const onTheirs = await errorsOn(subject, run, drawn);
      // pictures of one number come from one noise
      const theirs = byPicture(less(onTheirs, errors));
      const both = byPicture(less(mine.errors, onMine)).map(
        (gain, at) => (gain + (theirs[at] as number)) / 2,
      );
      trial.gains.push(...both);
      trial.done = verdictOf(trial.gains).better !== 'neither';
    }
  });
}

async function drawRound(subject: Subject, { type, levels, seed }: Run): Promise<Round> {
  const noise: NoiseSource = normalNoise(seed);
  const options = { count: PICTURES, steps: STEPS, condition: (index: number) => index };
  const { pictures } = await drawSamples(subject, type, levels, noise, options);
  return {
    pictures: await polished(subject, type, levels, pictures, noise, POLISH),
    noise: Array.from({ length: REPEATS }, () => noises(noise, PICTURES, lengthOf(subject))),
  };
}

/** ln(‖ε̂ − ε‖²/‖ε‖²) of every noise at every level, the pictures one behind the other. */
type Errors = readonly number[];

/** With the noises from `first` on, up to `end`. */
function errorsOn(
  subject: Subject,
  { type, levels }: Run,
  { pictures, noise }: Round,
  first = 0,
  end = noise.length,
): Promise<Errors> {
  const rows = noise.slice(first, end).flatMap((set) => SIGMAS.map((sigma) => ({ sigma, noise: set })));
  return missedOf(subject, type, levels, pictures, rows);
}

function less(a: Errors, b: Errors): readonly number[] {
  return a.map((value, at) => value - (b[at] as number));
}

/** For each picture, the mean over levels and noises. */
function byPicture(values: readonly number[]): readonly number[] {
  return Array.from({ length: PICTURES }, (_, picture) =>
    mean(values.filter((_each, at) => at % PICTURES === picture)),
  );
}

function readingOf({ candidate, gains, moved }: Trial): ExchangeReading {
  const { kind, a } = candidate;
  const places = kind === 'halves' ? [a] : [a, candidate.b];
  if (gains.length === 0) return { kind, places, moved, better: 'alike' };
  const { margin, error, better } = verdictOf(gains);
  return { kind, places, moved, margin, error, better };
}

/**
 * What the gains of all pictures say.
 * @param gains ln(error as filed / error exchanged); −∞ where the exchanged net gives no numbers
 */
export function verdictOf(gains: readonly number[]): {
  readonly margin: number;
  readonly error: number;
  readonly better: ExchangeReading['better'];
} {
  const whole = gains.every(Number.isFinite);
  const margin = whole ? mean(gains) : -1e3;
  const error = whole ? standardError(gains) : 0;
  if (Math.abs(margin) > Math.max(TOLD, TOLD_ERRORS * error))
    return { margin, error, better: margin > 0 ? 'exchanged' : 'filed' };
  return { margin, error, better: Math.abs(margin) + 2 * error < MATTERS ? 'alike' : 'neither' };
}
