import { readFileSync } from 'node:fs';
import { dtypeNamed } from '../../src/formats/dtype.ts';
import type { NamedTensor } from '../../src/topology/named.ts';

/** Golden listings: names, dtypes and shapes of real nets, made by the reference libraries. */

export const LISTINGS = 'fixtures/listings';

/** Material outside the repository; tests that want it skip where it is absent. */
export const SHARED_LISTINGS = '../shared/data/listings';

/** Reads `name DTYPE [1,2]` or `name [1, 2]` a line; `#` starts a comment. */
export function readListing(path: string): NamedTensor[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const match = /^(\S+) (?:(\S+) )?\[([^\]]*)\]$/.exec(line.trim());
      if (match === null || line.startsWith('#')) return [];
      const shape = (match[3] as string).split(',').filter((dim) => dim.trim() !== '');
      return [named(match[1] as string, shape.map(Number), match[2])];
    });
}

/** A tensor as a header gives it; its place in a file means nothing. */
export function named(name: string, shape: readonly number[], dtype = 'F16'): NamedTensor {
  const known = dtypeNamed(dtype) ?? 'F16';
  return { name, tensor: { name, dtype: known, shape, file: 0, offset: 0, byteLength: 0 } };
}

export interface ListingEntry {
  readonly id: string;
  readonly file?: string;
  readonly kind: string;
  readonly family?: string;
  readonly layout: string;
  readonly tensors: number;
  readonly parameters: number;
}

/** The index of the golden listings. */
export function listingIndex(): ListingEntry[] {
  return JSON.parse(readFileSync(`${LISTINGS}/index.json`, 'utf8')) as ListingEntry[];
}
