/** The schedule that a net was trained on, read off it. */
import type { NoiseSource } from '../../schedule/latent.ts';
import type { PredictionType } from '../../schedule/prediction.ts';
import type { ScheduleReading } from './assessment.ts';
import { knownLevels, type Levels, logAt, through } from './levels.ts';
import { type Clean, noises } from './mixing.ts';
import { type PointReading, readPoints } from './points.ts';
import { type Drawn, drawSamples, polished } from './samples.ts';
import { lengthOf, type Subject } from './subject.ts';

interface ScheduleOptions {
  /** Pictures that are drawn and asked about. */
  readonly pictures: number;
  readonly steps: number;
  /** σ/α that the pictures are polished at. */
  readonly polish: readonly number[];
  /** Steps between the levels that are read, in ln(σ/α). */
  readonly spacing: number;
  /** How often the pictures are drawn again, on the schedule read off the time before. */
  readonly rereads: number;
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

/** Points less certain than this do not even show where to look next. */
const VAGUE = 1.2;

/** As many must say something. */
const LEAST_POINTS = 4;

/** Squared deviations, in standard errors, by which one schedule must fit better than another to be told from it. */
const TOLD = 6;

/** Reads the schedule, first as if it were the declared one, then again on what was read until both agree. */
export async function readSchedule(
  subject: Subject,
  type: PredictionType,
  declared: Levels,
  noise: NoiseSource,
  { pictures: count, steps, polish, spacing, rereads }: ScheduleOptions,
): Promise<ScheduleFound> {
  const given = noises(noise, count, lengthOf(subject));
  const draw = (levels: Levels): Promise<Drawn> =>
    drawSamples(subject, type, levels, noise, { count, steps, condition: (index) => index });
  let levels = declared;
  const first = await draw(levels);
  let drawn = first;
  for (let reread = 0; ; reread += 1) {
    const pictures = await polished(subject, type, levels, drawn.pictures, noise, polish);
    const points = await readPoints(subject, type, levels, pictures, given, spacing);
    const reading = compare(points, declared, subject.timesteps);
    const next = better(levels, reading, points);
    if (next === undefined || reread === rereads) return { reading, points, levels, pictures, first };
    levels = next;
    drawn = await draw(levels);
  }
}

/** Holds points against the declared schedule and all those known. */
function compare(points: readonly PointReading[], declared: Levels, timesteps: number): ScheduleReading {
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

function toldOf(points: readonly PointReading[], uncertain: number): readonly Told[] {
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

function fitOf(points: readonly Told[], levels: Levels): Fit {
  return { levels, ...apart(points, levels) };
}

function apart(
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

/**
 * The levels to draw on next: a known schedule that fits, else a curve through the points. Absent where those that were
 * assumed will do. Pictures drawn on a wrong schedule are poor, which makes points uncertain; they still show the way.
 */
function better(
  assumed: Levels,
  { told }: ScheduleReading,
  points: readonly PointReading[],
): Levels | undefined {
  const vague = toldOf(points, VAGUE);
  if (vague.length < LEAST_POINTS) return undefined;
  const own = apart(vague, assumed);
  if (told >= LEAST_POINTS && own.distance <= NEAR / 4) return undefined;
  const [best] = knownLevels(assumed.logs.length)
    .map((levels) => fitOf(vague, levels))
    .sort((a, b) => a.misfit - b.misfit);
  if (best !== undefined && best.distance <= NEAR) {
    const same = best.levels.id === assumed.id || own.misfit - best.misfit < TOLD;
    return same && own.distance <= NEAR ? undefined : best.levels;
  }
  if (own.distance <= NEAR) return undefined;
  return through(
    assumed,
    vague.map(({ timestep, log }) => [timestep, log]),
  );
}
