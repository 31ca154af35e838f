/** Modules that a list holds, or that are numbered as one: `encoders.0`, `down2`, `dec_conv4a`. They run in a row. */
import type { Layer } from './layers.ts';

/** Where a layer stands in one series that it is part of. */
interface Standing {
  readonly series: number;
  /** Place of its number among the numbers of the series, the smallest first. */
  readonly rank: number;
  /** Layers with the same number and an earlier letter. */
  readonly letter: string;
}

interface Series {
  /** Layers that are not placed yet, by rank; by letter within one rank. */
  readonly left: Map<string, number>[];
  /** 1: numbers run up, -1: down; 0: not begun. */
  direction: -1 | 0 | 1;
  /** Whether its numbers may run down: a decoder's are often those of the encoder's levels. */
  readonly mayFall: boolean;
}

const DECODER = /^(?:dec|up|expan)/i;
const NUMBERED = /^(.*?)(\d{1,6})([a-z]?)$/i;

/** Which layers may come next, so that the members of each series stay in a row. */
export class SeriesOrder {
  readonly #standings: readonly (readonly Standing[])[];
  readonly #all: Series[] = [];

  constructor(layers: readonly Layer[]) {
    const found = new Map<string, { id: number; stem: string; numbers: Set<number> }>();
    const sorted = isSorted(layers);
    const raw = layers.map(({ path }) =>
      path.flatMap((component, depth) => {
        const [, stem, digits, letter = ''] = NUMBERED.exec(component) ?? [];
        if (stem === undefined || digits === undefined) return [];
        const key = JSON.stringify([path.slice(0, depth), stem]);
        const series = found.get(key) ?? { id: found.size, stem, numbers: new Set<number>() };
        found.set(key, series);
        series.numbers.add(Number(digits));
        return [{ key, number: Number(digits), letter: letter.toLowerCase() }];
      }),
    );
    const ranks = new Map(
      [...found].map(([key, { id, stem, numbers }]) => {
        const rising = [...numbers].sort((a, b) => a - b);
        // as the file has them, unless it has all in the order of their names
        const falls = [...numbers].every((number, at) => number === rising[rising.length - 1 - at]);
        const mayFall = stem !== '' && (falls || (sorted && DECODER.test(stem)));
        const direction = falls && !sorted && mayFall && rising.length > 1 ? -1 : 0;
        this.#all[id] = { left: rising.map(() => new Map()), direction, mayFall };
        return [key, { id, rank: new Map(rising.map((number, rank) => [number, rank])) }];
      }),
    );
    this.#standings = raw.map((steps) =>
      steps.map(({ key, number, letter }) => {
        const { id, rank } = ranks.get(key) as { id: number; rank: ReadonlyMap<number, number> };
        return { series: id, rank: rank.get(number) as number, letter };
      }),
    );
    for (const index of layers.keys()) this.#count(index, 1);
  }

  /** Place in its outermost series; infinite for a layer in none. */
  rankOf(index: number): number {
    const [outer] = this.#standings[index] ?? [];
    if (outer === undefined) return Number.POSITIVE_INFINITY;
    const { direction, left, mayFall } = this.#all[outer.series] as Series;
    const falls = direction === -1 || (direction === 0 && mayFall && outer.rank > 0);
    return falls ? left.length - 1 - outer.rank : outer.rank;
  }

  /** Whether two layers stand as far from the ends of two lists of one length: the one is the other's mirror image. */
  mirrored(a: number, b: number): boolean {
    const [one, other] = [this.#standings[a]?.[0], this.#standings[b]?.[0]];
    if (one === undefined || other === undefined || one.series === other.series) return false;
    const { length } = (this.#all[one.series] as Series).left;
    if (length !== (this.#all[other.series] as Series).left.length) return false;
    return this.rankOf(a) + this.rankOf(b) === length - 1;
  }

  may(index: number): boolean {
    return (this.#standings[index] ?? []).every(({ series, rank, letter }) => {
      const { left, direction, mayFall } = this.#all[series] as Series;
      for (const [other, count] of left[rank] as Map<string, number>) {
        if (count > 0 && other < letter) return false;
      }
      const up = direction !== -1 && isDone(left, 0, rank);
      const down = mayFall && direction !== 1 && isDone(left, rank + 1, left.length);
      return up || down;
    });
  }

  /** Places a layer; what is returned takes it back. */
  place(index: number): () => void {
    const standings = this.#standings[index] ?? [];
    const before = standings.map(({ series }) => (this.#all[series] as Series).direction);
    this.#count(index, -1);
    for (const { series, rank } of standings) {
      const each = this.#all[series] as Series;
      if (each.direction !== 0 || each.left.length === 1) continue;
      each.direction = isDone(each.left, 0, rank) ? 1 : -1;
    }
    return () => {
      for (const [step, { series }] of standings.entries()) {
        (this.#all[series] as Series).direction = before[step] as Series['direction'];
      }
      this.#count(index, 1);
    };
  }

  #count(index: number, by: number): void {
    for (const { series, rank, letter } of this.#standings[index] ?? []) {
      const left = (this.#all[series] as Series).left[rank] as Map<string, number>;
      left.set(letter, (left.get(letter) ?? 0) + by);
    }
  }
}

/** Whether the file has its layers in the order of their names, as writers do that sort them. */
function isSorted(layers: readonly Layer[]): boolean {
  return layers.every(({ name }, at) => at === 0 || (layers[at - 1] as Layer).name <= name);
}

function isDone(left: readonly ReadonlyMap<string, number>[], from: number, to: number): boolean {
  for (let rank = from; rank < to; rank += 1) {
    for (const count of (left[rank] as ReadonlyMap<string, number>).values()) if (count > 0) return false;
  }
  return true;
}
