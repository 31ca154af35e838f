/**
 * At what part of the picture's size each step works. Weights do not say it: pooling and resizing have none. What makes
 * smaller or larger by its own weight is taken for halving or doubling; else one level lies between two skips.
 */
import { lowers, type Step } from './order.ts';

export interface Levels {
  /** Levels that the picture goes down in each step itself, up where negative. */
  readonly inside: readonly number[];
  /** Levels that it goes down before each step, by what has no weights. One more than there are steps. */
  readonly before: readonly number[];
  /** What was counted. */
  readonly from: string;
}

/** Doubles by its own weight: a transposed convolution, or channels laid out as pixels. */
function raises({ layer, reading, intake }: Step): boolean {
  return intake === 'unfold' || (reading.transposed && layer.kernel.some((side) => side > 1));
}

/** @param tail steps that the names put on levels of their own behind the last skip, each the first of its level */
export function levelsOf(steps: readonly Step[], tail: readonly number[]): Levels {
  const joins = [...steps.keys()].filter((at) => steps[at]?.intake === 'join');
  const kept = joins.map((at) => steps[at]?.kept ?? -1);
  const firstJoin = joins[0] ?? steps.length;
  const lastKept = kept[0] ?? -1;
  const ups = [...steps.keys()].filter((at) => at > lastKept && raises(steps[at] as Step));
  const downs = [...steps.keys()].filter((at) => at < firstJoin && lowers(steps[at] as Step));
  const among = (list: readonly number[], from: number, to: number): readonly number[] =>
    list.filter((at) => at >= from && at < to);
  const way: Way = { inside: steps.map(() => 0), before: [...steps.map(() => 0), 0] };

  // from the last skip, at the picture's own size but for what comes behind it, to the first
  const depths: number[] = joins.map(() => 0);
  for (let index = joins.length - 1; index >= 0; index -= 1) {
    const next = joins[index + 1];
    const further = depths[index + 1] ?? 0;
    const from = next === undefined ? 0 : (kept[index + 1] as number) + 1;
    const to = next === undefined && kept[index] === -1 ? 0 : (kept[index] as number) + 1;
    const explicit =
      ups.length > 0 ? among(ups, joins[index] as number, next ?? steps.length) : among(downs, from, to);
    const levels = ups.length + downs.length > 0 ? explicit.length : next === undefined ? tail.length : 1;
    depths[index] = further + levels;
  }
  const below =
    ups.length > 0
      ? among(ups, lastKept + 1, firstJoin).length
      : downs.length > 0
        ? among(downs, lastKept + 1, firstJoin).length
        : 1;

  // a pool behind what is kept; where the picture itself is kept, what a pool makes is kept
  const pooled = kept.includes(-1);
  for (const [index, at] of kept.entries()) {
    const outer = kept[index + 1];
    const levels = (depths[index] as number) - (depths[index + 1] ?? 0);
    const from = outer === undefined ? 0 : outer + 1;
    if (at === -1) way.before[0] = levels;
    else
      spread(way, among(downs, from, at + 1), levels, outer === undefined ? 'stem' : pooled ? at + 1 : from);
  }
  const turn = pooled && firstJoin - lastKept > 2 ? lastKept + 2 : lastKept + 1;
  spread(way, among(downs, lastKept + 1, firstJoin), below, turn);
  spread(way, among(ups, lastKept + 1, firstJoin), -below, firstJoin);
  for (const [index, at] of joins.entries()) {
    const next = joins[index + 1];
    const levels = (depths[index + 1] ?? 0) - (depths[index] as number);
    const own = among(ups, at, next ?? steps.length);
    if (next === undefined && own.length === 0 && tail.length === -levels) {
      for (const each of tail) way.before[each] = (way.before[each] as number) - 1;
    } else spread(way, own, levels, next ?? steps.length - 1);
  }
  const from =
    ups.length > 0
      ? 'each transposed convolution doubles'
      : downs.length > 0
        ? 'each convolution of an even kernel halves'
        : 'one level between two skips: pooling has no weights';
  return { ...way, from };
}

interface Way {
  readonly inside: number[];
  readonly before: number[];
}

/** Puts levels into the steps that make them, or before one step where there are not as many. */
function spread(way: Way, steps: readonly number[], levels: number, otherwise: number | 'stem'): void {
  if (steps.length === Math.abs(levels)) {
    for (const at of steps) way.inside[at] = Math.sign(levels);
  } else if (otherwise === 'stem') way.inside[0] = levels;
  else way.before[otherwise] = (way.before[otherwise] as number) + levels;
}
