/**
 * Weights of an ONNX model that lie in files beside it. Which of them may be opened is decided by their names and by
 * the tree that opens them; where a tensor lies in one is held against its length.
 * Source: ONNX `docs/ExternalData.md`.
 */
import { MAX_ONNX_DATA_FILES } from '../../bytes/limits.ts';
import { pathRefusal } from '../../bytes/path-policy.ts';
import { ReadError } from '../../bytes/source.ts';
import type { CheckpointFile } from '../checkpoint.ts';
import type { ByteRange } from '../place.ts';
import type { Neighbours } from '../reader.ts';
import { BROKEN, ODD, type TensorFault } from './faults.ts';
import type { RawTensor } from './tensor.ts';
import type { Walker } from './walker.ts';

/** Bytes between tensors, or behind the last, that an alignment asks for: writers align to pages of up to 64 KiB. */
const MOST_PADDING = 65_536;

const KEYS = new Set(['location', 'offset', 'length', 'checksum', 'basepath']);

/** A tensor's place in a file beside the model. */
export interface ExternalPlace extends ByteRange {
  /** Index into `Checkpoint.files`. */
  readonly file: number;
}

interface Claim {
  readonly tensor: string;
  readonly begin: number;
  readonly end: number;
  readonly header: ByteRange;
}

interface DataFile {
  readonly location: string;
  readonly index: number;
  readonly size: number;
  readonly claims: Claim[];
}

export class ExternalData {
  /** Those that could be opened, in the order of their indices. */
  readonly files: CheckpointFile[] = [];
  readonly #walker: Walker;
  readonly #beside: Neighbours | undefined;
  readonly #first: number;
  /** By location as it is written; why it cannot be had for those that cannot. */
  readonly #known = new Map<string, DataFile | TensorFault | 'unseen'>();

  /** @param first the index that the first of the files gets */
  constructor(walker: Walker, beside: Neighbours | undefined, first: number) {
    this.#walker = walker;
    this.#beside = beside;
    this.#first = first;
  }

  /** Where a tensor of so many bytes lies; undefined where that cannot be said. Adds what is wrong with it. */
  async place(
    { name: tensor, external, message }: RawTensor,
    byteLength: number,
  ): Promise<ExternalPlace | undefined> {
    const entries = new Map<string, string>();
    for (const [key, value] of external) {
      if (entries.has(key)) {
        const problem = `two entries ${key}`;
        this.#add({ kind: 'onnx-external-entry', tensor, problem, found: value }, message);
        return undefined;
      }
      entries.set(key, value);
      if (!KEYS.has(key)) this.#add({ kind: 'onnx-external-key', tensor, key }, message, ODD);
    }
    const location = entries.get('location') ?? '';
    if (location === '') {
      this.#add({ kind: 'onnx-external-entry', tensor, problem: 'no location', found: '' }, message);
      return undefined;
    }
    const offset = this.#number(tensor, 'offset', entries, message);
    const length = this.#number(tensor, 'length', entries, message);
    if (offset === 'bad' || length === 'bad') return undefined;
    const file = await this.#file(tensor, location);
    if (file === 'unseen') return undefined;
    if ('kind' in file) {
      this.#add({ ...file, tensor }, message);
      return undefined;
    }
    return this.#range(tensor, file, offset ?? 0, length, byteLength, message);
  }

  /** The index of each file that could be opened, by its name in the model. */
  get places(): ReadonlyMap<string, number> {
    const known = [...this.#known].flatMap(([location, file]) =>
      file !== 'unseen' && 'claims' in file ? [[location, file.index] as const] : [],
    );
    return new Map(known);
  }

  /** Reports tensors that share bytes, and bytes that belong to none. `complete`: whether all tensors are known. */
  checkClaims(complete: boolean): void {
    for (const file of this.#known.values()) {
      if (file !== 'unseen' && 'claims' in file) this.#checkFile(file, complete);
    }
  }

  #range(
    tensor: string,
    file: DataFile,
    offset: number,
    length: number | undefined,
    byteLength: number,
    header: ByteRange,
  ): ExternalPlace | undefined {
    const { location, index, size } = file;
    const end = offset + (length ?? byteLength);
    if (end > size) {
      const range = { begin: offset, end: countOf(end), limit: size };
      this.#add({ kind: 'onnx-external-range', tensor, location, ...range }, header);
      return undefined;
    }
    const held = length ?? size - offset;
    if (length !== undefined || held < byteLength) {
      if (held !== byteLength) return { file: index, offset, length: held };
    }
    file.claims.push({ tensor, begin: offset, end: offset + byteLength, header });
    return { file: index, offset, length: byteLength };
  }

  /** A number in decimal digits; undefined where it is not given. */
  #number(
    tensor: string,
    key: 'offset' | 'length',
    entries: ReadonlyMap<string, string>,
    header: ByteRange,
  ): number | undefined | 'bad' {
    const text = entries.get(key);
    if (text === undefined) return undefined;
    const value = /^\d{1,20}$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value)) return value;
    const problem = `${key} is no whole number of bytes`;
    this.#add({ kind: 'onnx-external-entry', tensor, problem, found: text }, header);
    return 'bad';
  }

  async #file(tensor: string, location: string): Promise<DataFile | TensorFault | 'unseen'> {
    const known = this.#known.get(location);
    if (known !== undefined) return known;
    this.#walker.bound('files of weights', MAX_ONNX_DATA_FILES, this.#known.size + 1);
    const found = await this.#open(tensor, location);
    this.#known.set(location, found);
    return found;
  }

  async #open(tensor: string, location: string): Promise<DataFile | TensorFault | 'unseen'> {
    const reason = locationRefusal(location);
    if (reason !== undefined) return { kind: 'onnx-external-path', tensor, location, reason };
    if (this.#beside === undefined) {
      this.#walker.faults.add({ kind: 'onnx-external-unseen', file: this.#walker.file, location });
      return 'unseen';
    }
    const path = plain(location);
    try {
      const source = await this.#beside.open(path);
      await source.close();
      const index = this.#first + this.files.length;
      this.files.push({
        path: this.#beside.pathOf(path),
        size: source.size,
        format: 'onnx',
        headerLength: 0,
      });
      return { location, index, size: source.size, claims: [] };
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      if (error.code === 'absent') return { kind: 'onnx-external-missing', tensor, location };
      return { kind: 'onnx-external-path', tensor, location, reason: error.reason };
    }
  }

  #checkFile({ location, size, claims }: DataFile, complete: boolean): void {
    const sorted = [...claims].sort((a, b) => a.begin - b.begin || a.end - b.end);
    let end = 0;
    let last: Claim | undefined;
    let shared = 0;
    let sharer: readonly [Claim, Claim] | undefined;
    const unclaimed = (until: number): void => {
      const bytes = { offset: end, length: until - end };
      if (!complete || bytes.length < MOST_PADDING) return;
      const fault = { kind: 'onnx-external-unclaimed', location, count: bytes.length } as const;
      this.#walker.faults.add({ ...fault, file: this.#walker.file, ...ODD });
    };
    for (const claim of sorted) {
      if (claim.begin === claim.end) continue;
      if (last !== undefined && claim.begin === last.begin && claim.end === last.end) {
        shared += 1;
        sharer ??= [claim, last];
      } else if (last !== undefined && claim.begin < end) {
        const fault = {
          kind: 'onnx-external-overlap',
          tensor: claim.tensor,
          location,
          other: last.tensor,
        } as const;
        this.#add(fault, claim.header);
      } else unclaimed(claim.begin);
      if (claim.end >= end) {
        end = claim.end;
        last = claim;
      }
    }
    if (claims.length > 0) unclaimed(size);
    if (sharer === undefined) return;
    const [one, other] = sharer;
    const fault = {
      kind: 'onnx-external-shared',
      tensor: one.tensor,
      location,
      other: other.tensor,
    } as const;
    this.#add({ ...fault, count: shared }, one.header, ODD);
  }

  #add(fault: TensorFault, bytes: ByteRange, verdict: typeof ODD = BROKEN): void {
    this.#walker.faults.add({ ...fault, file: this.#walker.file, bytes, ...verdict });
  }
}

/** A path without the `./` that some writers put before it. */
function plain(location: string): string {
  return location.replace(/^(?:\.\/)+/, '');
}

/** Why a location may not be opened, or undefined. */
function locationRefusal(location: string): string | undefined {
  if (location.split(/[/\\]/).includes('..')) return 'it leads out of the folder';
  if (location.startsWith('/') || location.startsWith('\\')) return 'it is an absolute path';
  return pathRefusal(plain(location));
}

function countOf(value: number): number | string {
  return Number.isSafeInteger(value) ? value : String(value);
}
