/** The schedule of a net of x₀: whichever known one does best on the pictures that the net draws by it and its rivals. */
import type { NoiseSource } from '../../schedule/latent.ts';
import type { KnownScheduleId } from '../../schedule/fingerprint.ts';
import type { NoisePoint, ScheduleReading } from './assessment.ts';
import { joinedPoints, pliancyOf, type Shift, shiftOf } from './joined-levels.ts';
import { knownLevels, type Levels, timestepNear } from './levels.ts';
import type { Clean } from './mixing.ts';
import type { PointReading } from './points.ts';
import { type Drawn, drawSamples, polished } from './samples.ts';
import { compare, LEAST_POINTS, type ScheduleFound, type ScheduleOptions } from './schedule-fit.ts';
import type { Subject } from './subject.ts';
import { type Advantage, advantage, pointsOf, type Trial, tryLevels } from './trial.ts';

/** Far from one another, and each near some of the others: with these it is begun, beside the declared one. */
const BEGINNERS: ReadonlySet<KnownScheduleId> = new Set(['sd', 'ddpm', 'cosine']);

/** Schedules that are drawn on at most. */
const MOST_ROUNDS = 4;

/** Mean logarithm of the error below which two schedules are alike: drawn pictures favour some by so much. Standard errors. */
const [ALIKE, SURE] = [0.02, 2];

/** What one schedule's pictures tell. */
interface Round {
  readonly levels: Levels;
  readonly drawn: Drawn;
  readonly pictures: readonly Clean[];
  readonly trial: Trial;
  readonly points: readonly PointReading[];
  readonly shift?: Shift;
  /** The levels read off its own pictures are not its own. */
  readonly refuted: boolean;
}

/**
 * A net of x₀ lets through what it takes for a picture, and that hardly changes with the level that it is told. What is
 * drawn on a wrong schedule suits that one a little. So each pair of schedules is weighed on the pictures of both, and of
 * all that were drawn on the one is told that is beaten by none. Others near it are weighed on its pictures, and drawn on
 * where they do better. A schedule is refuted where the levels read off its own pictures are two standard errors off it,
 * on average. What is read is what the pictures of the declared one say where it is as good as any. Takes about 2,600
 * runs for each schedule that is drawn on.
 */
export async function trySchedules(
  subject: Subject,
  declared: Levels,
  noise: NoiseSource,
  options: ScheduleOptions,
): Promise<ScheduleFound> {
  const known = knownLevels(subject.timesteps);
  const own = known.find(({ id }) => id !== undefined && id === declared.id) ?? declared;
  const schedules = [...new Set([own, ...known])];
  const beginners = schedules.filter(({ id }) => id !== undefined && BEGINNERS.has(id));
  const rounds: Round[] = [];
  for (const levels of new Set([own, ...beginners]))
    rounds.push(await roundOn(levels, subject, noise, options));
  let winner = winnerOf(rounds);
  while (rounds.length < MOST_ROUNDS) {
    const rival = rivalOf(winner, rounds, schedules);
    if (rival === undefined) break;
    rounds.push(await roundOn(rival, subject, noise, options));
    winner = winnerOf(rounds);
  }
  const leads = leadsOf(winner, rounds, schedules);
  const as = likely(leads, rounds);
  const declaredFits = as.includes(own);
  const [first] = rounds as [Round];
  const shown = declaredFits ? first : winner;
  const nearest = declaredFits ? declared.id : winner.levels.id;
  const ids = as.flatMap(({ id }) => (id === undefined || id === nearest ? [] : [id]));
  const { margin, error } = leads.find((each) => each.levels === own) ?? { margin: 0, error: 0 };
  const { nearest: _, ...compared } = compare(shown.points, declared, subject.timesteps);
  const reading: ScheduleReading = {
    ...compared,
    points: joined(shown, rounds, as),
    ...(nearest === undefined ? {} : { nearest }),
    alike: ids,
    declaredFits,
    tried: { margin, error },
  };
  const { levels, points } = shown;
  const pictures = shown.pictures.slice(0, options.pictures);
  return { reading, points, levels, pictures, first: first.drawn };
}

async function roundOn(
  levels: Levels,
  subject: Subject,
  noise: NoiseSource,
  { tried: count, steps, polish }: ScheduleOptions,
): Promise<Round> {
  const condition = (index: number): number => index;
  const drawn = await drawSamples(subject, 'sample', levels, noise, { count, steps, condition });
  const pictures = await polished(subject, 'sample', levels, drawn.pictures, noise, polish);
  const trial = await tryLevels(subject, 'sample', levels, pictures, noise);
  const points = pointsOf(trial, levels);
  const shift = shiftOf(points, levels);
  const own = compare(points, levels, subject.timesteps);
  const refuted = own.told >= LEAST_POINTS && own.declared > SURE * own.error;
  return { levels, drawn, pictures, trial, points, ...(shift === undefined ? {} : { shift }), refuted };
}

/** The levels of one round, joined; without them, the timesteps that were looked at. */
function joined(
  { levels, trial, shift }: Round,
  rounds: readonly Round[],
  rivals: readonly Levels[],
): readonly NoisePoint[] {
  const timesteps = trial.sigmas.map((sigma) => timestepNear(levels, sigma));
  if (shift === undefined) return timesteps.map((timestep) => ({ timestep }));
  const shifts = rounds.flatMap((each) => each.shift ?? []);
  return joinedPoints(shift, pliancyOf(shifts, timesteps), rivals, timesteps);
}

/** The one that loses to none, or loses least; of those that are not refuted, if there are any. */
function winnerOf(all: readonly Round[]): Round {
  const left = all.filter(({ refuted }) => !refuted);
  const rounds = left.length > 0 ? left : all;
  const least = rounds.map((one) => {
    const others = rounds.filter((each) => each !== one);
    return Math.min(...others.map((other) => lead(one, other.levels, rounds).margin));
  });
  return rounds[least.indexOf(Math.max(...least))] as Round;
}

/** One against another, on the pictures of both where there are both. */
function lead(one: Round, other: Levels, rounds: readonly Round[]): Advantage {
  const here = advantage(one.trial, one.levels, other);
  const rival = rounds.find(({ levels }) => levels === other);
  if (rival === undefined) return here;
  const there = advantage(rival.trial, one.levels, other);
  return { margin: (here.margin + there.margin) / 2, error: Math.hypot(here.error, there.error) / 2 };
}

/** Of those not drawn on yet, the one that does best on the winner's pictures, where it does better than the winner. */
function rivalOf(winner: Round, rounds: readonly Round[], schedules: readonly Levels[]): Levels | undefined {
  const left = schedules.filter((each) => rounds.every(({ levels }) => levels !== each));
  const margins = left.map((each) => advantage(winner.trial, winner.levels, each).margin);
  const least = Math.min(...margins);
  return least < 0 ? left[margins.indexOf(least)] : undefined;
}

interface Lead extends Advantage {
  readonly levels: Levels;
}

/** The winner's over every schedule. */
function leadsOf(winner: Round, rounds: readonly Round[], schedules: readonly Levels[]): readonly Lead[] {
  return schedules.map((levels) => ({
    levels,
    ...(levels === winner.levels ? { margin: 0, error: 0 } : lead(winner, levels, rounds)),
  }));
}

/** Those that it may be: not refuted, and the winner does not lead them. */
function likely(leads: readonly Lead[], rounds: readonly Round[]): readonly Levels[] {
  const refuted = new Set(rounds.flatMap((each) => (each.refuted ? [each.levels] : [])));
  return leads.flatMap(({ levels, margin, error }) =>
    !refuted.has(levels) && margin < Math.max(ALIKE, SURE * error) ? [levels] : [],
  );
}
