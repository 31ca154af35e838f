/** The schedule that a net was trained on, read off it. */
import type { NoiseSource } from '../../schedule/latent.ts';
import type { PredictionType } from '../../schedule/prediction.ts';
import type { ScheduleReading } from './assessment.ts';
import { knownLevels, type Levels, through } from './levels.ts';
import { noises } from './mixing.ts';
import { type PointReading, readPoints } from './points.ts';
import { type Drawn, drawSamples, polished } from './samples.ts';
import {
  apart,
  compare,
  fitOf,
  LEAST_POINTS,
  NEAR,
  type ScheduleFound,
  type ScheduleOptions,
  TOLD,
  toldOf,
} from './schedule-fit.ts';
import { lengthOf, type Subject } from './subject.ts';
import { trySchedules } from './try-schedules.ts';

/** Points less certain than this do not even show where to look next. */
const VAGUE = 1.2;

/**
 * Reads the schedule, first as if it were the declared one, then again on what was read until both agree. Where most levels
 * stay unsure, which is so of nets that miss much, it is read once more on more pictures.
 */
export async function readSchedule(
  subject: Subject,
  type: PredictionType,
  declared: Levels,
  noise: NoiseSource,
  options: ScheduleOptions,
): Promise<ScheduleFound> {
  if (type === 'sample' && options.tried > 0) return trySchedules(subject, declared, noise, options);
  const { pictures, more, rereads } = options;
  const reader = { subject, type, declared, noise, options };
  const found = await read(reader, declared, pictures, rereads);
  const { told, points } = found.reading;
  if (more <= pictures || told > points.length / 2 || vagueOf(found.points).length < LEAST_POINTS)
    return found;
  const again = await read(reader, found.levels, more, 0);
  if (again.reading.told < told) return found;
  return { ...again, pictures: again.pictures.slice(0, pictures), first: found.first };
}

interface Reader {
  readonly subject: Subject;
  readonly type: PredictionType;
  readonly declared: Levels;
  readonly noise: NoiseSource;
  readonly options: ScheduleOptions;
}

/** @param count pictures that are drawn, first on the levels that are assumed */
async function read(
  { subject, type, declared, noise, options: { steps, polish, spacing } }: Reader,
  assumed: Levels,
  count: number,
  rereads: number,
): Promise<ScheduleFound> {
  const given = noises(noise, count, lengthOf(subject));
  const draw = (levels: Levels): Promise<Drawn> =>
    drawSamples(subject, type, levels, noise, { count, steps, condition: (index) => index });
  let levels = assumed;
  const first = await draw(levels);
  let drawn = first;
  let before: ScheduleFound | undefined;
  for (let reread = 0; ; reread += 1) {
    const pictures = await polished(subject, type, levels, drawn.pictures, noise, polish);
    const points = await readPoints(subject, type, levels, pictures, given, spacing);
    // a curve through vague points may have none of the levels that are looked at
    if (points.length < LEAST_POINTS && before !== undefined) return before;
    const reading = compare(points, declared, subject.timesteps);
    const next = better(levels, reading, points);
    const found = { reading, points, levels, pictures, first };
    if (next === undefined || reread === rereads) return found;
    before = found;
    levels = next;
    drawn = await draw(levels);
  }
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
  const vague = vagueOf(points);
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

function vagueOf(points: readonly PointReading[]): ReturnType<typeof toldOf> {
  return toldOf(points, VAGUE);
}
