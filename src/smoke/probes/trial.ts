/** Known schedules tried on a net of x₀, which says too little of its timestep for the readings of `points.ts`. */
import type { NoiseSource } from '../../schedule/latent.ts';
import { type PredictionType, vpLevelOfSigma } from '../../schedule/prediction.ts';
import { type Levels, sigmaAt, timestepNear } from './levels.ts';
import { type Clean, dot, mean, mix, noiseIn } from './mixing.ts';
import type { PointReading } from './points.ts';
import type { Question, Subject } from './subject.ts';

/** How the net did at every level, asked at every timestep. */
export interface Trial {
  readonly timesteps: readonly number[];
  /** σ/α of each level, increasing. */
  readonly sigmas: readonly number[];
  /** [level][timestep][picture]: ‖ε̂ − ε‖²/‖ε‖². */
  readonly errors: readonly (readonly (readonly number[])[])[];
  /** [level]: the timestep, of those above, that the assumed schedule puts there. */
  readonly own: readonly number[];
}

/** σ/α that is looked at, and how far apart in its logarithm. */
const [LOWEST, HIGHEST, SPACING] = [0.2, 4.5, 0.44];

/** Timesteps that are asked about beside the schedule's own, in parts of all: where other schedules have their levels. */
const ASIDE = [0.025, 0.7, 0.85];

/** Asks about pictures at every level and every timestep; takes pictures · 8 · 11 runs. */
export async function tryLevels(
  subject: Subject,
  type: PredictionType,
  assumed: Levels,
  pictures: readonly Clean[],
  noise: NoiseSource,
): Promise<Trial> {
  const count = Math.floor(Math.log(HIGHEST / LOWEST) / SPACING) + 1;
  const wanted = Array.from({ length: count }, (_, index) => LOWEST * Math.exp(index * SPACING));
  const own = wanted.map((sigma) => timestepNear(assumed, sigma));
  const aside = ASIDE.map((part) => Math.round(part * subject.timesteps));
  const timesteps = [...new Set([...own, ...aside])].sort((a, b) => a - b);
  const errors: number[][][] = [];
  for (const sigma of wanted) {
    const level = vpLevelOfSigma(sigma);
    const given = pictures.map((clean) => noise(clean.length) as Float32Array);
    const samples = pictures.map((clean, index) => mix(clean, given[index] as Float32Array, level));
    const questions = timesteps.flatMap((timestep) =>
      samples.map((sample, condition): Question => ({ sample, timestep, condition })),
    );
    const outputs = await subject.ask(questions);
    const missed = questions.map(({ sample }, index) => {
      const epsilon = noiseIn(type, sigma, outputs[index] as Float32Array, sample);
      const right = given[index % pictures.length] as Float32Array;
      const off = epsilon.map((value, at) => value - (right[at] as number));
      return dot(off, off) / dot(right, right);
    });
    errors.push(
      timesteps.map((_, place) => missed.slice(place * pictures.length, (place + 1) * pictures.length)),
    );
  }
  return { timesteps, sigmas: wanted, errors, own: own.map((timestep) => timesteps.indexOf(timestep)) };
}

/** Half of the reach of a parabola, in ln(σ/α): far enough for a net whose error changes by a twentieth over it. */
const REACH = 1.1;

/** What the vertex was off by on trained nets, by the inverse of its curvature; see docs/how-it-knows.md. */
const FAULT = 0.12;

/** Below this curvature the net does not look at the timestep. */
const LEAST_CURVATURE = 0.1;

/**
 * The best of all functions of x at a level is the posterior mean for that level, so at each level the error is least
 * at the timestep that it belongs to: the vertex of a parabola in ln(σ/α) of the assumed schedule, by least squares.
 */
export function pointsOf(
  { timesteps, sigmas, errors, own }: Trial,
  assumed: Levels,
): readonly PointReading[] {
  const logs = timesteps.map((timestep) => Math.log(sigmaAt(assumed, timestep)));
  return sigmas.map((sigma, level) => {
    const rows = errors[level] as readonly (readonly number[])[];
    const gain = mean(rows[own[level] as number] ?? []);
    const point = { timestep: timesteps[own[level] as number] as number, assumed: sigma, gain };
    const [found, ...left] = jackknifed(rows).map((means) => lowest(logs, means));
    if (found === undefined || !(found.curvature > LEAST_CURVATURE)) return point;
    const spread = jackknifeError(left.map((each) => each?.at ?? Number.NaN));
    const error = Math.hypot(spread, FAULT / found.curvature);
    return Number.isFinite(error)
      ? { ...point, timestep: timestepNear(assumed, Math.exp(found.at)), sigma, error }
      : point;
  });
}

/** The vertex near the least of some values, where it is within reach of them. */
function lowest(
  logs: readonly number[],
  means: readonly number[],
): { readonly at: number; readonly curvature: number } | undefined {
  const middle = logs[means.indexOf(Math.min(...means))] as number;
  const near = logs.flatMap((log, index) =>
    Math.abs(log - middle) > REACH ? [] : [{ x: log - middle, y: Math.log(means[index] as number) }],
  );
  if (near.length < 4) return undefined;
  const [, slope, half] = parabola(near);
  const at = -slope / (2 * half);
  const inside = near.some(({ x }) => x <= at) && near.some(({ x }) => x >= at);
  return half > 0 && inside ? { at: middle + at, curvature: 2 * half } : undefined;
}

/** c₀ + c₁·x + c₂·x² of least squares, by Cramer's rule. */
function parabola(
  points: readonly { readonly x: number; readonly y: number }[],
): readonly [number, number, number] {
  const sum = (of: (x: number, y: number) => number): number =>
    points.reduce((all, { x, y }) => all + of(x, y), 0);
  const [s0, s1, s2, s3, s4] = [0, 1, 2, 3, 4].map((power) => sum((x) => x ** power)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [t0, t1, t2] = [0, 1, 2].map((power) => sum((x, y) => y * x ** power)) as [number, number, number];
  const by = (a: readonly number[], b: readonly number[], c: readonly number[]): number => {
    const [[a0, a1, a2], [b0, b1, b2], [c0, c1, c2]] = [a, b, c] as unknown as [Three, Three, Three];
    return a0 * (b1 * c2 - b2 * c1) - a1 * (b0 * c2 - b2 * c0) + a2 * (b0 * c1 - b1 * c0);
  };
  const whole = by([s0, s1, s2], [s1, s2, s3], [s2, s3, s4]);
  return [
    by([t0, s1, s2], [t1, s2, s3], [t2, s3, s4]) / whole,
    by([s0, t0, s2], [s1, t1, s3], [s2, t2, s4]) / whole,
    by([s0, s1, t0], [s1, s2, t1], [s2, s3, t2]) / whole,
  ];
}

type Three = readonly [number, number, number];

/** Means over all pictures, then over all but each. */
function jackknifed(rows: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const count = rows[0]?.length ?? 0;
  const sums = rows.map((row) => row.reduce((all, value) => all + value, 0));
  const without = Array.from({ length: count }, (_, left) =>
    rows.map((row, index) => ((sums[index] as number) - (row[left] as number)) / (count - 1)),
  );
  return [sums.map((sum) => sum / count), ...without];
}

/** Standard error of what each picture was left out of in turn (Quenouille 1956). */
function jackknifeError(left: readonly number[]): number {
  const middle = mean(left);
  const squares = left.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt((squares * (left.length - 1)) / left.length);
}

/** By how much one schedule leaves less error than another. */
export interface Advantage {
  /** Mean over the levels of ln(error of the other / error of the one). */
  readonly margin: number;
  /** Its standard error. */
  readonly error: number;
}

/** One schedule against another, each level asked at the timestep that either has there. */
export function advantage({ timesteps, sigmas, errors }: Trial, one: Levels, other: Levels): Advantage {
  const asked = sigmas.map((sigma) => [timestepNear(one, sigma), timestepNear(other, sigma)] as const);
  const tables = errors.map(jackknifed);
  const margins = (tables[0] ?? []).map((_, draw) =>
    mean(
      tables.map((table, level) => {
        const means = table[draw] as readonly number[];
        const [here, there] = (asked[level] as readonly [number, number]).map((timestep) =>
          logBetween(timesteps, means, timestep),
        ) as [number, number];
        return there - here;
      }),
    ),
  );
  const [margin, ...left] = margins;
  return { margin: margin as number, error: jackknifeError(left) };
}

/** ln of a value between timesteps, straight in t; beyond the outermost that of the outermost. */
function logBetween(timesteps: readonly number[], values: readonly number[], wanted: number): number {
  const log = (index: number): number => Math.log(values[index] as number);
  const next = timesteps.findIndex((timestep) => timestep >= wanted);
  if (next === -1) return log(values.length - 1);
  if (next === 0) return log(0);
  const [from, to] = [timesteps[next - 1] as number, timesteps[next] as number];
  return log(next - 1) + ((log(next) - log(next - 1)) * (wanted - from)) / (to - from);
}
