/** Levels of a net of x₀, each of which is read poorly, joined: those of a schedule lie on one smooth curve. */
import type { NoisePoint } from './assessment.ts';
import { type Levels, logAt } from './levels.ts';
import { LEAST_POINTS } from './schedule-fit.ts';

/** How far all levels lie from those that were drawn on: ln(σ read / σ drawn on) = offset + lean · ln σ. */
export interface Shift {
  readonly levels: Levels;
  readonly offset: number;
  readonly lean: number;
  /** [offset, lean], variances and covariance. */
  readonly covariance: readonly [number, number, number];
}

/** Standard deviation that the lean is given: what leans more is nearer to another of the known schedules, mostly. */
const LEAN = 0.1;

/** What a single level of trained nets is off by, beside what it says of itself; and all levels read off the same pictures. */
const [SINGLE, SHARED] = [0.15, 0.1];

/** By weighted least squares; absent where too few points are read. */
export function shiftOf(points: readonly NoisePoint[], levels: Levels): Shift | undefined {
  const read = points.flatMap(({ timestep, sigma, error }) => {
    if (sigma === undefined || error === undefined) return [];
    const drawn = logAt(levels, timestep);
    return [{ drawn, shift: Math.log(sigma) - drawn, weight: 1 / (error ** 2 + SINGLE ** 2) }];
  });
  if (read.length < LEAST_POINTS) return undefined;
  const sum = (of: (point: (typeof read)[number]) => number): number =>
    read.reduce((all, point) => all + point.weight * of(point), 0);
  const [s0, s1] = [sum(() => 1), sum(({ drawn }) => drawn)];
  const s2 = sum(({ drawn }) => drawn ** 2) + LEAN ** -2;
  const [t0, t1] = [sum(({ shift }) => shift), sum(({ shift, drawn }) => shift * drawn)];
  const whole = s0 * s2 - s1 ** 2;
  return {
    levels,
    offset: (t0 * s2 - t1 * s1) / whole,
    lean: (s0 * t1 - s1 * t0) / whole,
    covariance: [s2 / whole, s0 / whole, -s1 / whole],
  };
}

/** Below this the pictures confirm whatever they were drawn on, and nothing is known of how far off that is. */
const LEAST_PLIANCY = 0.1;

/**
 * How much of the way to the net's own levels is seen on pictures that were drawn on others: 1, all of it; towards 0,
 * nothing, for what is drawn on wrong levels looks right on these. With levels read as a + (1 − pliancy) · drawn, by least
 * squares over pictures that were drawn on two schedules and more; the least there is where nothing can be said.
 */
export function pliancyOf(shifts: readonly Shift[], timesteps: readonly number[]): number {
  let [products, squares] = [0, 0];
  for (const timestep of timesteps) {
    const drawn = shifts.map(({ levels }) => logAt(levels, timestep));
    const read = shifts.map((shift, index) => (drawn[index] as number) + shiftAt(shift, timestep));
    const middle = drawn.reduce((all, each) => all + each, 0) / drawn.length;
    for (const [index, each] of drawn.entries()) {
      products += (each - middle) * (read[index] as number);
      squares += (each - middle) ** 2;
    }
  }
  return squares === 0 ? LEAST_PLIANCY : Math.min(1, Math.max(LEAST_PLIANCY, 1 - products / squares));
}

/**
 * σ/α of timesteps, with all that is not known of it: the less pliant the pictures, the more, and half of the way to any
 * schedule that is as good.
 */
export function joinedPoints(
  shift: Shift,
  pliancy: number,
  rivals: readonly Levels[],
  timesteps: readonly number[],
): readonly Required<NoisePoint>[] {
  const [offset, lean, both] = shift.covariance;
  return timesteps.map((timestep) => {
    const drawn = logAt(shift.levels, timestep);
    const found = shiftAt(shift, timestep);
    const variance = offset + 2 * drawn * both + drawn ** 2 * lean;
    const unseen = (1 - pliancy) * found;
    const own = Math.sqrt(variance + SHARED ** 2 + unseen ** 2) / pliancy;
    const apart = rivals.map((rival) => Math.abs(logAt(rival, timestep) - drawn - found));
    return {
      timestep,
      sigma: Math.exp(drawn + found),
      error: Math.hypot(own, Math.max(0, ...apart) / 2),
    };
  });
}

function shiftAt({ levels, offset, lean }: Shift, timestep: number): number {
  return offset + lean * logAt(levels, timestep);
}
