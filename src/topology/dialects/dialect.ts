/** What a dialect made of a set of names: a two-way map between them and the canonical ones. */
export interface Reading {
  /** The canonical name of a tensor, or undefined when the dialect has no such tensor. */
  toCanonical(name: string): string | undefined;
  /** The file's name for a canonical tensor or block path; the path itself where there is none. */
  fromCanonical(path: string): string;
}

/** A family of tensor names. One file each, one line in the registry. */
export interface Dialect {
  readonly id: string;
  readonly title: string;
  /** True for a name that could be this dialect's. */
  owns(name: string): boolean;
  /** Reads the names and shapes of one component, its prefix taken off. */
  read(shapes: ReadonlyMap<string, readonly number[]>): Reading;
}
