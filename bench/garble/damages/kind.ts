import type { Edit } from '../edit.ts';
import type { Subject } from '../subject.ts';

/** What a damage is made of. */
export interface Means {
  readonly subject: Subject;
  /** A repeatable stream of numbers in 0..1, of this net, kind and strength alone. */
  readonly draw: () => number;
  /** A net of the same shapes from another training. */
  readonly donor?: Subject;
  /** The same training at another moment, or gone on with. */
  readonly sibling?: Subject;
}

/** One kind of damage. */
export interface Kind {
  readonly id: string;
  /** What is done, in a few words. */
  readonly does: string;
  /** How much or where of it; one empty word where there is nothing to choose. */
  readonly strengths: readonly string[];
  /** The change; undefined where the net has nothing that it could be done to. */
  make(means: Means, strength: string): Edit | undefined | Promise<Edit | undefined>;
}

/** Kinds that act on the same thing. */
export interface Group {
  readonly name: string;
  readonly kinds: readonly Kind[];
  /** They take another net too. */
  readonly relatives?: true;
}

/** Any one of them. */
export function pick<T>(all: readonly T[], draw: () => number): T | undefined {
  return all[Math.floor(draw() * all.length)];
}

/** Only one of them for the strength `one`, else all. */
export function oneOrAll<T>(all: readonly T[], strength: string, draw: () => number): readonly T[] {
  if (strength !== 'one') return all;
  const one = pick(all, draw);
  return one === undefined ? [] : [one];
}
