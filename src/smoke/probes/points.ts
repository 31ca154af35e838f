/** The noise level that a net takes each timestep for, read in two ways that fail differently. */
import { type PredictionType, vpLevelOfSigma } from '../../schedule/prediction.ts';
import type { NoisePoint } from './assessment.ts';
import { type Levels, sigmaAt, timestepNear } from './levels.ts';
import { type Clean, dot, mean, mix, noiseIn, standardError } from './mixing.ts';
import type { Question, Subject } from './subject.ts';

/** One timestep, read. */
export interface PointReading extends NoisePoint {
  /** σ/α where the assumed schedule puts this timestep. */
  readonly assumed: number;
  /** ‖ε̂ − ε‖² / ‖ε‖² there. */
  readonly gain: number;
  /** ⟨ε̂, ε⟩ / ⟨ε, ε⟩ there, where it was measured. */
  readonly kept?: number;
}

/** σ/α that is looked at: below, the noise is less than what nets know of it; above, all schedules look alike. */
const [LOWEST, HIGHEST] = [0.15, 5.5];

/** Sums over one sample at one level and timestep. */
interface Sums {
  /** ⟨ε̂, ε⟩, ⟨ε̂, ε̂⟩ and ⟨ε, ε⟩. */
  readonly cross: number;
  readonly found: number;
  readonly given: number;
}

/** Timesteps that are read where a schedule is assumed: evenly spaced in ln(σ/α), the first two and last excepted. */
function timestepsRead(levels: Levels, subject: Subject, spacing: number): readonly number[] {
  const count = Math.floor(Math.log(HIGHEST / LOWEST) / spacing) + 1;
  const all = Array.from({ length: count }, (_, index) =>
    timestepNear(levels, LOWEST * Math.exp(index * spacing)),
  );
  const inside = all.filter((timestep) => timestep > 1 && timestep < subject.timesteps - 1);
  return [...new Set(inside)];
}

/**
 * Reads σ/α at timesteps of an assumed schedule; takes 3 · pictures · timesteps runs. Each picture is noised to each
 * level and asked about at the timestep assumed for it and at both its neighbours.
 * @param pictures of the kind that the net was trained on, such as it draws itself
 * @param noise one for each picture
 * @param spacing of the levels in ln(σ/α), about as far as either reading is straight
 */
export async function readPoints(
  subject: Subject,
  type: PredictionType,
  assumed: Levels,
  pictures: readonly Clean[],
  noise: readonly Float32Array[],
  spacing: number,
): Promise<readonly PointReading[]> {
  const timesteps = timestepsRead(assumed, subject, spacing);
  const sigmas = timesteps.map((timestep) => sigmaAt(assumed, timestep));
  const questions: (Question & {
    readonly level: number;
    readonly place: number;
    readonly picture: number;
  })[] = [];
  for (const [level, sigma] of sigmas.entries()) {
    for (const [picture, clean] of pictures.entries()) {
      const sample = mix(clean, noise[picture] as Float32Array, vpLevelOfSigma(sigma));
      for (const place of [level - 1, level, level + 1]) {
        const timestep = timesteps[place];
        if (timestep !== undefined) {
          questions.push({ sample, timestep, condition: picture, level, place, picture });
        }
      }
    }
  }
  const outputs = await subject.ask(questions);
  const sums = new Map<string, Sums[]>();
  for (const [index, { sample, level, place, picture }] of questions.entries()) {
    const epsilon = noiseIn(type, sigmas[level] as number, outputs[index] as Float32Array, sample);
    const given = noise[picture] as Float32Array;
    const key = `${level},${place}`;
    const own = sums.get(key) ?? [];
    own.push({ cross: dot(epsilon, given), found: dot(epsilon, epsilon), given: dot(given, given) });
    sums.set(key, own);
  }
  return timesteps.map((timestep, index) => {
    const here = sums.get(`${index},${index}`) ?? [];
    const total = added(here);
    const gain = errorOf(total);
    // an x₀-net lets through more of the noise and more of the picture at once, which the balance does not tell apart
    const balance = type === 'sample' ? undefined : byCalibration(sums, sigmas, index, gain);
    const reading = combined([balance, byBest(sums, sigmas, index)]);
    const assumed = sigmas[index] as number;
    const point = { timestep, assumed, gain, kept: total.cross / total.given };
    return reading === undefined ? point : withReading(point, reading);
  });
}

function withReading(point: PointReading, { log, error }: Reading): PointReading {
  return { ...point, sigma: Math.exp(log), error };
}

/** ln(σ/α) and its standard error, what the method leaves out included. */
interface Reading {
  readonly log: number;
  readonly error: number;
}

type Matrix = ReadonlyMap<string, readonly Sums[]>;

/**
 * A denoiser of least squared error leaves nothing of its guess in what it misses: E⟨ε̂, ε − ε̂⟩ = 0 at the level it was
 * trained for, however uncertain it is. Fed more noise it finds more than there is, and ln(⟨ε̂,ε̂⟩/⟨ε̂,ε⟩) turns its
 * sign there. The zero is looked for in ln σ, in which it is nearly straight.
 */
function byCalibration(
  matrix: Matrix,
  sigmas: readonly number[],
  index: number,
  gain: number,
): Reading | undefined {
  const points = [index - 1, index, index + 1].flatMap((level) => {
    const sums = matrix.get(`${level},${index}`);
    const sigma = sigmas[level];
    return sums === undefined || sigma === undefined ? [] : [{ sigma, sums }];
  });
  const known = points.map(({ sigma, sums }) => ({ x: noiseLog(sigma), y: excess(added(sums)) }));
  const here = sigmas[index] as number;
  const own = matrix.get(`${index},${index}`) ?? [];
  const y = excess(added(own));
  const slope = slopeOf(known);
  if (!(slope >= LEAST_SLOPE) || !Number.isFinite(y)) return undefined;
  const wanted = crossing(known) ?? noiseLog(here) - y / slope;
  // ln σ reaches 0 at pure noise
  const log = levelLog(Math.min(wanted, MOST_NOISE));
  // from ln σ to ln(σ/α)
  const steepness = slope / (1 + here ** 2);
  const spread = standardError(own.map(excess)) / steepness;
  return { log, error: Math.hypot(spread, (CALIBRATION_FAULT * gain) / steepness, LEAST_ERROR) };
}

/**
 * At its own level the net is as good as can be, and at the timesteps beside it worse: of one sample asked about at
 * three timesteps, the least error tells which of them it belongs to.
 */
function byBest(matrix: Matrix, sigmas: readonly number[], index: number): Reading | undefined {
  const points = [index - 1, index, index + 1].flatMap((place) => {
    const sums = matrix.get(`${index},${place}`);
    const sigma = sigmas[place];
    return sums === undefined || sigma === undefined ? [] : [{ x: Math.log(sigma), sums }];
  });
  const [low, here, high] = points;
  if (low === undefined || here === undefined || high === undefined) return undefined;
  const vertexOf = (pick: (sums: readonly Sums[]) => Sums): readonly [at: number, curvature: number] => {
    const [a, b, c] = [low, here, high].map(({ x, sums }) => [x, Math.log(errorOf(pick(sums)))] as const);
    return vertex(a as Point, b as Point, c as Point);
  };
  const [at, curvature] = vertexOf(added);
  if (!(curvature > LEAST_CURVATURE) || Math.abs(at - here.x) > 0.75 * (high.x - low.x)) return undefined;
  const each = here.sums.map((_, picture) => vertexOf((sums) => sums[picture] as Sums)[0]);
  const error = Math.hypot(standardError(each), BEST_FAULT / curvature, LEAST_ERROR);
  // the level belongs to another timestep: this one's lies as far on the other side
  return { log: 2 * here.x - at, error };
}

/**
 * What trained nets were off by: in calibration by the share of the noise that they miss, in the place of the least
 * error by the inverse of its curvature. Chosen on nets of ε and v; see docs/how-it-knows.md.
 */
const [CALIBRATION_FAULT, BEST_FAULT] = [0.7, 0.4];

/** No reading is better than this: a grid step off the schedule's own curve. */
const LEAST_ERROR = 0.02;

/** Below these the net does not look at the timestep, and nothing can be read. */
const [LEAST_SLOPE, LEAST_CURVATURE] = [0.05, 0.3];

const MOST_NOISE = -1e-4;

function combined(readings: readonly (Reading | undefined)[]): Reading | undefined {
  const known = readings.filter((each) => each !== undefined);
  if (known.length === 0) return undefined;
  const weights = known.map(({ error }) => error ** -2);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const log = known.reduce((sum, each, index) => sum + (each.log * (weights[index] as number)) / total, 0);
  // readings that contradict each other are as uncertain as they are apart
  const apart = Math.max(...known.map((each) => Math.abs(each.log - log)));
  return { log, error: Math.hypot(1 / Math.sqrt(total), apart / 2) };
}

function added(sums: readonly Sums[]): Sums {
  const sum = (pick: (each: Sums) => number): number => sums.reduce((all, each) => all + pick(each), 0);
  return { cross: sum((s) => s.cross), found: sum((s) => s.found), given: sum((s) => s.given) };
}

function excess({ cross, found }: Sums): number {
  return Math.log(found / cross);
}

function errorOf({ cross, found, given }: Sums): number {
  return (found - 2 * cross + given) / given;
}

/** ln σ of σ/α where α² + σ² = 1. */
function noiseLog(sigma: number): number {
  return Math.log(sigma / Math.hypot(1, sigma));
}

/** The way back, to ln(σ/α). */
function levelLog(log: number): number {
  return log - 0.5 * Math.log1p(-Math.exp(2 * log));
}

type Point = readonly [x: number, y: number];

/** Where a line through neighbours that differ in sign is zero. */
function crossing(points: readonly { readonly x: number; readonly y: number }[]): number | undefined {
  for (let index = 1; index < points.length; index += 1) {
    const [a, b] = [points[index - 1], points[index]];
    if (a !== undefined && b !== undefined && a.y <= 0 && b.y > 0) {
      return a.x + ((b.x - a.x) * -a.y) / (b.y - a.y);
    }
  }
  return undefined;
}

function slopeOf(points: readonly { readonly x: number; readonly y: number }[]): number {
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
  const over = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0);
  return over / points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
}

/** Lowest point and second derivative of the parabola through three points. */
function vertex([x0, y0]: Point, [x1, y1]: Point, [x2, y2]: Point): readonly [number, number] {
  const first = (y1 - y0) / (x1 - x0);
  const second = (y2 - y1) / (x2 - x1);
  const curvature = (2 * (second - first)) / (x2 - x0);
  return [(x0 + x1) / 2 - first / curvature, curvature];
}
