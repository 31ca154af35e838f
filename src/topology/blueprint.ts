import type { NamedTensor } from './named.ts';

/**
 * A grammar says which tensors a component has and how their widths hang together; the widths
 * themselves are unknowns on which the tensors of the file vote. So one damaged tensor is outvoted and
 * named, and a net of a width never seen before is rebuilt all the same.
 */

/** An unknown width that several tensors share, and the whole-number multiple of it that is meant. */
export interface Width {
  readonly symbol: number;
  readonly times: number;
}

/** One axis of an expected shape. */
export type Axis = number | Width;

/** A tensor that the grammar expects. */
export interface Slot {
  /** Canonical id of the block that owns it. */
  readonly block: string;
  readonly canonical: string;
  readonly axes: readonly Axis[];
  /** Expected only where these two widths differ (a resnet's conv_shortcut). */
  readonly whenDiffer?: readonly [Width, Width];
}

/** What the votes came to. */
export interface Tally {
  readonly value: number;
  /** Tensors that voted for the value. */
  readonly votes: number;
  /** Tensors that voted for anything else. */
  readonly against: number;
  /** Canonical name of one tensor that voted for it. */
  readonly witness: string;
}

/** `times` times a width. */
export function multiple(width: Width, times: number): Width {
  return { symbol: width.symbol, times: width.times * times };
}

/** Collects the tensors that a grammar expects, under unknown widths. */
export class Blueprint {
  readonly slots: Slot[] = [];
  private symbols = 0;

  /** A new unknown. */
  width(): Width {
    this.symbols += 1;
    return { symbol: this.symbols - 1, times: 1 };
  }

  expect(block: string, path: string, axes: readonly Axis[], whenDiffer?: readonly [Width, Width]): void {
    this.slots.push({ block, canonical: `${block}.${path}`, axes, ...(whenDiffer ? { whenDiffer } : {}) });
  }

  /** `path.weight` with these axes and `path.bias` with the first of them; '' for the block itself. */
  expectWithBias(
    block: string,
    path: string,
    axes: readonly [Axis, ...Axis[]],
    whenDiffer?: readonly [Width, Width],
  ): void {
    const at = path === '' ? '' : `${path}.`;
    this.expect(block, `${at}weight`, axes, whenDiffer);
    this.expect(block, `${at}bias`, [axes[0]], whenDiffer);
  }
}

/** The widths, once the tensors have voted. */
export class Solution {
  private readonly tallies: ReadonlyMap<number, Tally>;

  constructor(tallies: ReadonlyMap<number, Tally>) {
    this.tallies = tallies;
  }

  /** The width's value; undefined when no tensor of the file says anything about it. */
  value(width: Width): number | undefined {
    const tally = this.tallies.get(width.symbol);
    return tally === undefined ? undefined : tally.value * width.times;
  }

  tally(width: Width): Tally | undefined {
    return this.tallies.get(width.symbol);
  }

  /** Whether a shape is what the axes come to. Asked of every tensor, so it makes nothing. */
  fits(axes: readonly Axis[], shape: readonly number[]): boolean {
    if (axes.length !== shape.length) return false;
    return axes.every((axis, index) => (typeof axis === 'number' ? axis : this.value(axis)) === shape[index]);
  }

  /** The shape the axes come to; an axis nobody voted on is NaN. */
  shape(axes: readonly Axis[]): number[] {
    return axes.map((axis) => (typeof axis === 'number' ? axis : (this.value(axis) ?? Number.NaN)));
  }
}

/** Votes for one value of a width. */
interface Ballot {
  readonly value: number;
  readonly witness: string;
  count: number;
}

/**
 * Lets every tensor of the right rank vote on the widths in its shape; the most votes win, and of equals
 * the first seen.
 */
export function solve(slots: readonly Slot[], tensors: ReadonlyMap<string, NamedTensor>): Solution {
  const ballots = new Map<number, Ballot[]>();
  for (const slot of slots) {
    const shape = tensors.get(slot.canonical)?.tensor.shape;
    if (shape === undefined || shape.length !== slot.axes.length) continue;
    slot.axes.forEach((axis, index) => {
      if (typeof axis === 'number') return;
      const value = (shape[index] as number) / axis.times;
      if (Number.isInteger(value)) vote(ballots, axis.symbol, value, slot.canonical);
    });
  }
  const tallies = new Map<number, Tally>();
  for (const [symbol, cast] of ballots) tallies.set(symbol, count(cast));
  return new Solution(tallies);
}

function vote(ballots: Map<number, Ballot[]>, symbol: number, value: number, witness: string): void {
  const cast = ballots.get(symbol);
  if (cast === undefined) {
    ballots.set(symbol, [{ value, witness, count: 1 }]);
    return;
  }
  // nearly always the first: a sound net's tensors agree
  const same = cast.find((ballot) => ballot.value === value);
  if (same === undefined) cast.push({ value, witness, count: 1 });
  else same.count += 1;
}

function count(cast: readonly Ballot[]): Tally {
  const all = cast.reduce((sum, ballot) => sum + ballot.count, 0);
  const best = cast.reduce((leader, ballot) => (ballot.count > leader.count ? ballot : leader));
  return { value: best.value, votes: best.count, against: all - best.count, witness: best.witness };
}
