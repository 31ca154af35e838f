/** The list of tensors in a GGUF file: names, dimensions, types and offsets. Where they lie is `layout.ts`'s. */
import { MAX_GGUF_ENTRIES, MAX_RANK } from '../../bytes/limits.ts';
import type { FaultCollector } from '../collector.ts';
import { blockOf, byteLengthOf, type Dtype, isBlock } from '../dtype.ts';
import type { ByteRange } from '../place.ts';
import { beyond, type Cursor, HeaderStop } from './cursor.ts';
import { GGML_REFUSES, type GgufKinds } from './faults.ts';
import { countOf, readString } from './string.ts';
import { removedType, tensorType } from './types.ts';

/** Dimensions of a tensor in ggml (`GGML_MAX_DIMS`); stable-diffusion.cpp writes five and reads them itself. */
const MAX_DIMS = 4;

/** Bytes of a name in llama.cpp: `GGML_MAX_NAME` is 64, with the NUL at its end. */
const LONGEST_NAME = 63;

/** The same as stable-diffusion.cpp builds ggml, whose names carry the prefixes of whole checkpoints. */
const LONGEST_NAME_BUILT = 159;

const MAX_INT64 = 2n ** 63n - 1n;

/** A tensor as the list has it. */
export interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  /** In C order: GGUF lists the fastest axis first. */
  readonly shape: readonly number[];
  /** Within the data. */
  readonly begin: bigint;
  readonly byteLength: number;
  /** Where the list has it. */
  readonly header: ByteRange;
}

type TensorFault = Extract<GgufKinds, { readonly tensor: string }>;

/** Reads tensors off a cursor that stands at the first. */
export class TensorReader {
  /** By name, in the order of the file; the first of a name that stands twice. */
  readonly entries = new Map<string, Entry>();
  /** False when a tensor was lost to a fault: what the layout then seems to lack says nothing. */
  complete = true;
  readonly #file: string;
  readonly #cursor: Cursor;
  readonly #faults: FaultCollector;
  readonly #names = new Map<string, ByteRange>();
  #longNames = 0;
  #longest = 0;
  #longestName = '';

  constructor(file: string, cursor: Cursor, faults: FaultCollector) {
    this.#file = file;
    this.#cursor = cursor;
    this.#faults = faults;
  }

  /** @throws {HeaderStop} where nothing after a fault can be read. @throws {ReadError} */
  async read(count: number): Promise<void> {
    // until all is read some of it is missing
    this.complete = false;
    let whole = true;
    try {
      for (let index = 0; index < count; index += 1) {
        if (index === MAX_GGUF_ENTRIES)
          throw beyond(this.#file, 'tensors in a file', MAX_GGUF_ENTRIES, count);
        if (!(await this.#readEntry())) whole = false;
      }
    } finally {
      this.#reportNames();
    }
    this.complete = whole;
  }

  /** Reads one tensor; false when it is not kept. */
  async #readEntry(): Promise<boolean> {
    const cursor = this.#cursor;
    cursor.checkEnd();
    const offset = cursor.pos;
    const read = await readString(cursor, 'the name of a tensor', this.#file, this.#faults);
    const name = read ?? '';
    this.#measure(name, cursor.pos - offset - 8);
    await cursor.need(4, 'the dimensions of a tensor');
    const rank = cursor.u32();
    if (rank > MAX_DIMS) {
      const bytes = { offset, length: cursor.pos - offset };
      const fault = { kind: 'gguf-rank', tensor: name, rank, limit: MAX_DIMS } as const;
      // what declares thousands of dimensions is no tensor any more
      if (rank > MAX_RANK) throw new HeaderStop({ ...fault, file: this.#file, bytes, ...GGML_REFUSES });
      this.#add(fault, bytes);
    }
    await cursor.need(rank * 8 + 12, 'the dimensions of a tensor');
    const dims: bigint[] = [];
    for (let axis = 0; axis < rank; axis += 1) dims.push(cursor.i64());
    const type = cursor.u32();
    const begin = cursor.u64();
    const header = { offset, length: cursor.pos - offset };
    if (read === undefined) return false;
    const first = this.#names.get(name);
    if (first !== undefined) {
      this.#add({ kind: 'gguf-tensor-twice', tensor: name, first }, header);
      return false;
    }
    this.#names.set(name, header);
    const entry = this.#entry(name, dims.reverse(), type, begin, header);
    if (entry === undefined) return false;
    this.entries.set(name, entry);
    return true;
  }

  #entry(
    name: string,
    dims: readonly bigint[],
    type: number,
    begin: bigint,
    header: ByteRange,
  ): Entry | undefined {
    const written = () => dims.map(String);
    if (dims.some((dim) => dim < 0n)) {
      this.#add({ kind: 'gguf-dimension', tensor: name, shape: written() }, header);
      return undefined;
    }
    const dtype = tensorType(type);
    if (dtype === undefined) {
      const old = removedType(type);
      const known = old === undefined ? {} : { name: old };
      this.#add({ kind: 'gguf-type', tensor: name, type, ...known }, header);
      return undefined;
    }
    const elements = product(dims);
    const huge = dims.find((dim) => dim > Number.MAX_SAFE_INTEGER);
    if (elements === 0n && huge !== undefined) {
      // ggml takes it; here it cannot be named exactly
      this.#faults.add({
        kind: 'limit-exceeded',
        file: this.#file,
        bytes: header,
        tensor: name,
        what: 'size of a dimension',
        limit: Number.MAX_SAFE_INTEGER,
        actual: countOf(huge),
      });
      return undefined;
    }
    // beyond the exact numbers lies nothing that a file could hold
    if (elements === undefined || huge !== undefined) {
      this.#add({ kind: 'gguf-shape-overflow', tensor: name, shape: written() }, header);
      return undefined;
    }
    const block = isBlock(dtype) ? blockOf(dtype).elements : 1;
    // whole blocks alone, as gguf-py counts them
    const byteLength = byteLengthOf(dtype, Math.floor(Number(elements) / block) * block);
    if (!Number.isSafeInteger(byteLength)) {
      this.#add({ kind: 'gguf-shape-overflow', tensor: name, shape: written() }, header);
      return undefined;
    }
    const shape = dims.map(Number);
    const row = shape.at(-1) ?? 1;
    if (row % block !== 0) this.#add({ kind: 'gguf-block', tensor: name, dtype, row, block }, header);
    return { name, dtype, shape, begin, byteLength, header };
  }

  /** Counts the names that are too long for llama.cpp, and keeps the longest. */
  #measure(name: string, bytes: number): void {
    if (bytes > LONGEST_NAME) this.#longNames += 1;
    if (bytes <= this.#longest) return;
    this.#longest = bytes;
    this.#longestName = name;
  }

  /** One fault for all names: whole checkpoints have hundreds of long ones. */
  #reportNames(): void {
    const [tensor, longest] = [this.#longestName, this.#longest];
    if (longest > LONGEST_NAME_BUILT) {
      this.#add({ kind: 'gguf-name-too-long', tensor, longest, limit: LONGEST_NAME_BUILT });
    } else if (longest > LONGEST_NAME) {
      this.#add({ kind: 'gguf-long-names', tensor, longest, count: this.#longNames, limit: LONGEST_NAME });
    }
  }

  #add(fault: TensorFault, bytes?: ByteRange): void {
    const place = bytes === undefined ? {} : { bytes };
    this.#faults.add({ ...fault, file: this.#file, ...place, ...GGML_REFUSES });
  }
}

/** Elements of the shape; undefined where ggml could not count them. */
function product(dims: readonly bigint[]): bigint | undefined {
  if (dims.includes(0n)) return 0n;
  let elements = 1n;
  for (const dim of dims) {
    elements *= dim;
    if (elements >= MAX_INT64) return undefined;
  }
  return elements;
}
