/** The schedule of a net of x₀: whichever known one does best on the pictures that the net draws by it and its rivals. */
import type { NoiseSource } from '../../schedule/latent.ts';
import type { KnownScheduleId } from '../../schedule/fingerprint.ts';
import type { ScheduleReading } from './assessment.ts';
import { knownLevels, type Levels } from './levels.ts';
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
  /** The levels read off its own pictures are not its own. */
  readonly refuted: boolean;
}

/**
 * A net of x₀ lets through what it takes for a picture, and that hardly changes with the level that it is told. What is
 * drawn on a wrong schedule suits that one a little. So each pair of schedules is weighed on the pictures of both, and of
 * all that were drawn on the one is told that is beaten by none. Others near it are weighed on its pictures, and drawn on
 * where they do better. A schedule is refuted where the levels read off its own pictures are two standard errors off it,
 * on average. Takes about 2,600 runs for each schedule that is drawn on.
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
  const { levels, points } = winner;
  const pictures = winner.pictures.slice(0, options.pictures);
  const reading = told(compare(points, declared, subject.timesteps), winner, rounds, schedules, own);
  const { drawn: first } = rounds[0] as Round;
  return { reading, points, levels, pictures, first };
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
  const own = compare(points, levels, subject.timesteps);
  const refuted = own.told >= LEAST_POINTS && own.declared > SURE * own.error;
  return { levels, drawn, pictures, trial, points, refuted };
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

function told(
  reading: ScheduleReading,
  winner: Round,
  rounds: readonly Round[],
  schedules: readonly Levels[],
  declared: Levels,
): ScheduleReading {
  const leads = schedules.map((levels) => ({
    levels,
    ...(levels === winner.levels ? { margin: 0, error: 0 } : lead(winner, levels, rounds)),
  }));
  const refuted = new Set(rounds.flatMap((each) => (each.refuted ? [each.levels] : [])));
  const as = leads.filter(
    ({ levels, margin, error }) => !refuted.has(levels) && margin < Math.max(ALIKE, SURE * error),
  );
  const { margin, error } = leads.find(({ levels }) => levels === declared) ?? { margin: 0, error: 0 };
  const ids = as.flatMap(({ levels: { id } }) => (id === undefined ? [] : [id]));
  const declaredFits = as.some(({ levels }) => levels === declared);
  const nearest = declaredFits ? declared.id : winner.levels.id;
  const { nearest: _, ...rest } = reading;
  return {
    ...rest,
    ...(nearest === undefined ? {} : { nearest }),
    alike: ids.filter((id) => id !== nearest),
    declaredFits,
    tried: { margin, error },
  };
}
