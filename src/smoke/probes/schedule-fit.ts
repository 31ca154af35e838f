/** Levels read off a net held against schedules. */
import type { ScheduleReading } from './assessment.ts';
import { knownLevels, type Levels, logAt } from './levels.ts';
import type { Clean } from './mixing.ts';
import type { PointReading } from './points.ts';
import type { Drawn } from './samples.ts';

export interface ScheduleOptions {
  /** Pictures that are drawn and asked about. */
  readonly pictures: number;
  /** So many, where those tell less than half of the levels; no more than `pictures` leaves that out. */
  readonly more: number;
  readonly steps: number;
  /** σ/α that the pictures are polished at. */
  readonly polish: readonly number[];
  /** Steps between the levels that are read, in ln(σ/α). */
  readonly spacing: number;
  /** How often the pictures are drawn again, on the schedule read off the time before. */
  readonly rereads: number;
  /** Pictures that known schedules are tried on, for a net of x₀; 0 leaves that out, for it takes thousands of runs. */
  readonly tried: number;
}

/** The reading, and the pictures that it was made with. */
export interface ScheduleFound {
  readonly reading: ScheduleReading;
  readonly points: readonly PointReading[];
  /** Levels that the last pictures were drawn and read on. */
  readonly levels: Levels;
  readonly pictures: readonly Clean[];
  /** Those drawn on the declared schedule. */
  readonly first: Drawn;
}

/** Root mean square of ln σ up to which a schedule is near: three times what sound nets were off by. */
export const NEAR = 0.12;

/** Points less certain than this, in ln σ, say nothing. */
const UNCERTAIN = 0.35;

/** As many must say something. */
export const LEAST_POINTS = 4;

/** Squared deviations, in standard errors, by which one schedule must fit better than another to be told from it. */
export const TOLD = 6;

/** Holds points against the declared schedule and all those known. */
export function compare(
  points: readonly PointReading[],
  declared: Levels,
  timesteps: number,
): ScheduleReading {
  const told = toldOf(points, UNCERTAIN);
  const known = knownLevels(timesteps).map((levels) => fitOf(told, levels));
  known.sort((a, b) => a.misfit - b.misfit);
  const candidates = known.flatMap(({ levels: { id }, distance }) =>
    id === undefined ? [] : [{ schedule: id, distance }],
  );
  const [best] = known;
  const own = apart(told, declared);
  const shown = points.map(({ timestep, sigma, error }) => ({
    timestep,
    ...(sigma === undefined || error === undefined ? {} : { sigma, error }),
  }));
  const error = expected(told);
  const reading = { points: shown, told: told.length, candidates, declared: own.distance, error };
  if (told.length < LEAST_POINTS || best?.levels.id === undefined || best.distance > NEAR) {
    return { ...reading, alike: [], declaredFits: told.length >= LEAST_POINTS && own.distance <= NEAR };
  }
  const alike = known.filter(({ misfit }) => misfit - best.misfit < TOLD).map(({ levels }) => levels.id);
  const ids = alike.filter((id) => id !== undefined);
  // of several that fit as well, the one that is declared
  const nearest = ids.find((id) => id === declared.id) ?? best.levels.id;
  return {
    ...reading,
    nearest,
    alike: ids.filter((id) => id !== nearest),
    declaredFits: own.distance <= NEAR && own.misfit - best.misfit < TOLD,
  };
}

interface Told {
  readonly timestep: number;
  readonly log: number;
  readonly error: number;
}

export function toldOf(points: readonly PointReading[], uncertain: number): readonly Told[] {
  return points.flatMap(({ timestep, sigma, error }) =>
    sigma === undefined || error === undefined || error > uncertain
      ? []
      : [{ timestep, log: Math.log(sigma), error }],
  );
}

/** The distance at which every point is one standard error off. */
function expected(points: readonly Told[]): number {
  const weights = points.reduce((sum, { error }) => sum + error ** -2, 0);
  return points.length === 0 ? 0 : Math.sqrt(points.length / weights);
}

interface Fit {
  readonly levels: Levels;
  readonly distance: number;
  /** Squared deviations in standard errors. */
  readonly misfit: number;
}

export function fitOf(points: readonly Told[], levels: Levels): Fit {
  return { levels, ...apart(points, levels) };
}

export function apart(
  points: readonly Told[],
  levels: Levels,
): { readonly distance: number; readonly misfit: number } {
  let [misfit, weights] = [0, 0];
  for (const { timestep, log, error } of points) {
    misfit += ((log - logAt(levels, timestep)) / error) ** 2;
    weights += error ** -2;
  }
  return { distance: weights === 0 ? 0 : Math.sqrt(misfit / weights), misfit };
}
