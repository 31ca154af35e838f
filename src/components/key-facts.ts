import type { Tensor } from '../formats/checkpoint.ts';

/**
 * The tensors of a file by the names that stand in it. Programs decide what a file is by looking up whole names, so this
 * is what their rules in `runtimes/` are asked of; what a name means is known to dialects and grammars alone.
 */
export class KeyFacts {
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #sorted: readonly string[];

  constructor(tensors: readonly Pick<Tensor, 'name' | 'shape'>[]) {
    this.#shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
    this.#sorted = [...this.#shapes.keys()].sort();
  }

  has(name: string): boolean {
    return this.#shapes.has(name);
  }

  /** The shape under that name; undefined where there is no such tensor. */
  shape(name: string): readonly number[] | undefined {
    return this.#shapes.get(name);
  }

  /** One side of a tensor's shape, counted from the end where negative. */
  side(name: string, axis: number): number | undefined {
    return this.#shapes.get(name)?.at(axis);
  }

  /** How many names begin so. */
  count(prefix: string): number {
    let last = this.#from(prefix);
    const first = last;
    while (this.#sorted[last]?.startsWith(prefix) === true) last++;
    return last - first;
  }

  /** Whether any name begins so. */
  begins(prefix: string): boolean {
    return this.#sorted[this.#from(prefix)]?.startsWith(prefix) === true;
  }

  /** Whether the text stands anywhere in a name. */
  contains(text: string): boolean {
    return this.#sorted.some((name) => name.includes(text));
  }

  /** How many whole numbers from 0 on, without a gap, make `prefix + number + suffix` the beginning of a name. */
  run(prefix: string, suffix = ''): number {
    let count = 0;
    while (this.begins(`${prefix}${count}${suffix}`)) count++;
    return count;
  }

  /** The tensors under a prefix, without it. */
  under(prefix: string): KeyFacts {
    const first = this.#from(prefix);
    const names = this.#sorted.slice(first, first + this.count(prefix));
    return new KeyFacts(
      names.map((name) => ({ name: name.slice(prefix.length), shape: this.#shapes.get(name) ?? [] })),
    );
  }

  /** The same tensors, each with the prefix before its name. */
  behind(prefix: string): KeyFacts {
    return new KeyFacts([...this.#shapes].map(([name, shape]) => ({ name: prefix + name, shape })));
  }

  /** The same tensors with one prefix in place of another. */
  renamed(prefix: string, by: string): KeyFacts {
    const rename = (name: string): string =>
      name.startsWith(prefix) ? by + name.slice(prefix.length) : name;
    return new KeyFacts([...this.#shapes].map(([name, shape]) => ({ name: rename(name), shape })));
  }

  /** Tensors of both; those of `other` win. */
  with(other: KeyFacts): KeyFacts {
    const both = new Map([...this.#shapes, ...other.#shapes]);
    return new KeyFacts([...both].map(([name, shape]) => ({ name, shape })));
  }

  /** Index of the first name that is not before the text in the order of code units. */
  #from(text: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle] ?? '') < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
