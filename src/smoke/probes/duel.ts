/** Two ways to compute the same weights, each on pictures that both draw: which one denoises better? */
import type { NoiseSource } from '../../schedule/latent.ts';
import { normalNoise } from '../../schedule/noise.ts';
import { missedOf } from './hypotheses.ts';
import type { Run } from './last-layer.ts';
import { type Clean, mean, noises, standardError } from './mixing.ts';
import { NotFinite } from './net-subject.ts';
import { OWN, ownPictures } from './samples.ts';
import { lengthOf, type Subject } from './subject.ts';
import type { Otherwise, Variants } from './variants.ts';

/** How a net did against itself otherwise. */
export interface Duel {
  /** Mean change of ln error, either way, on pictures that the net draws as it is. */
  readonly moved: number;
  /** Mean of ln(error as it is / error otherwise) over the pictures of both; absent where nothing moves. */
  readonly margin?: number;
  /** Its standard error. */
  readonly error?: number;
  /** `alike`: it makes no difference. `neither`: it makes one, and which is better cannot be told. */
  readonly better: 'own' | 'other' | 'alike' | 'neither';
}

/** Pictures that each side draws in one round. */
const PICTURES = OWN.count;

/**
 * σ/α at which both are asked. Below, a net does better on its own pictures whatever it is; here the pictures of both
 * say nearly the same.
 */
const SIGMAS = [0.85, 1.2, 1.7, 2.4, 3.4, 4.8];

/** Noises on each picture and level. */
const REPEATS = 2;

/** Rounds, as long as what was seen is not enough. */
const ROUNDS = 3;

/** A mean change of ln error below this is none. */
const MOVES = 0.02;

/** A smaller difference is none to speak of. */
const MATTERS = 0.05;

/** Standard errors that a difference has to be, to be told. */
const TOLD_ERRORS = 3.3;

/** Pictures that one side drew, and the noises that are put on them. */
interface Round {
  readonly pictures: readonly Clean[];
  /** One set after the other. */
  readonly noise: readonly (readonly Float32Array[])[];
}

/** One other way on the way to be told. */
interface Trial {
  readonly otherwise: Otherwise;
  /** ln(error as it is / error otherwise), a number for each picture of either side, round after round. */
  readonly gains: number[];
  moved: number;
  /** Whether nothing more is to be asked. */
  done: boolean;
}

/**
 * Runs each other way against the net as it is. A net does better on its own pictures, so both draw, and the mean over both
 * counts, picture by picture from the same noise. What moves nothing is left at that. Of nets of x₀ nothing else is told: a
 * wrong way of one drew pictures so simple that it did better by both. See docs/how-it-knows.md.
 */
export async function duels(
  variants: Variants,
  run: Run,
  ways: readonly Otherwise[],
): Promise<readonly Duel[]> {
  const trials = ways.map((otherwise): Trial => ({ otherwise, gains: [], moved: 0, done: false }));
  for (let round = 0; round < ROUNDS; round += 1) {
    const open = trials.filter(({ done }) => !done);
    if (open.length === 0) break;
    await oneRound(variants, { ...run, seed: run.seed + round }, open);
  }
  return trials.map(({ gains, moved }): Duel => {
    if (gains.length === 0) return { moved, better: moved < MOVES ? 'alike' : 'neither' };
    return Object.assign(duelOf(gains), { moved });
  });
}

async function oneRound(variants: Variants, run: Run, open: readonly Trial[]): Promise<void> {
  const asItIs = variants.compiled();
  const mine = await variants.on(asItIs, async (subject) => {
    const drawn = await drawRound(subject, run);
    return { drawn, errors: await errorsOn(subject, run, drawn) };
  });
  const others: { trial: Trial; drawn: Round; errors: Errors; onMine: Errors }[] = [];
  for (const trial of open) {
    try {
      await variants.on(variants.compiled(trial.otherwise), async (subject) => {
        const some = await errorsOn(subject, run, mine.drawn, 0, 1);
        if (trial.gains.length === 0) {
          trial.moved = mean(some.map((error, at) => Math.abs(error - (mine.errors[at] as number))));
          trial.done = trial.moved < MOVES || run.type === 'sample';
          if (trial.done) return;
        }
        const onMine = [...some, ...(await errorsOn(subject, run, mine.drawn, 1))];
        const drawn = await drawRound(subject, run);
        others.push({ trial, drawn, onMine, errors: await errorsOn(subject, run, drawn) });
      });
    } catch (error) {
      // what gives NaN is no better way
      if (!(error instanceof NotFinite)) throw error;
      trial.done = true;
      trial.gains.push(Number.NEGATIVE_INFINITY);
    }
  }
  if (others.length === 0) return;
  await variants.on(asItIs, async (subject) => {
    for (const { trial, drawn, errors, onMine } of others) {
      const onTheirs = await errorsOn(subject, run, drawn);
      // pictures of one number come from one noise
      const theirs = byPicture(less(onTheirs, errors));
      const both = byPicture(less(mine.errors, onMine)).map(
        (gain, at) => (gain + (theirs[at] as number)) / 2,
      );
      trial.gains.push(...both);
      trial.done = duelOf(trial.gains).better !== 'neither';
    }
  });
}

async function drawRound(subject: Subject, { type, levels, seed }: Run): Promise<Round> {
  const noise: NoiseSource = normalNoise(seed);
  return {
    pictures: await ownPictures(subject, type, levels, noise, OWN),
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

/**
 * What the gains of all pictures say.
 * @param gains ln(error as it is / error otherwise); −∞ where the other gives no numbers
 */
export function duelOf(gains: readonly number[]): Omit<Duel, 'moved'> {
  const whole = gains.every(Number.isFinite);
  const margin = whole ? mean(gains) : -1e3;
  const error = whole ? standardError(gains) : 0;
  if (Math.abs(margin) > Math.max(MATTERS, TOLD_ERRORS * error))
    return { margin, error, better: margin > 0 ? 'other' : 'own' };
  return { margin, error, better: Math.abs(margin) + 2 * error < MATTERS ? 'alike' : 'neither' };
}
