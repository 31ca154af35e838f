/**
 * The tensor archive of Intel's Open Image Denoise (TZA), version 2: a magic number, two bytes of version, the place of
 * a table, the tensors' bytes, and at the end the table: a count, and for each tensor its name, dimensions, the letters
 * of its axes, its type and its place. All numbers are little-endian.
 * Sources: Open Image Denoise, `training/tza.py` (writer and reader), `core/tza.cpp` (reader).
 */
import { MAX_HEADER_BYTES, MAX_RANK, MAX_TENSORS } from '../../bytes/limits.ts';
import type { ByteSource } from '../../bytes/source.ts';
import { elementCount, type Tensor } from '../checkpoint.ts';
import { FaultCollector } from '../collector.ts';
import { byteLengthOf, type Dtype } from '../dtype.ts';
import type { FileContent } from '../reader.ts';

const HEADER_BYTES = 12;
/** Length of the name, number of dimensions, type and place: what the shortest entry takes. */
const LEAST_ENTRY_BYTES = 2 + 1 + 1 + 8;

const DTYPES: ReadonlyMap<string, Dtype> = new Map<string, Dtype>([
  ['f', 'F32'],
  ['h', 'F16'],
  ['b', 'I8'],
  ['B', 'U8'],
]);

/** Axes as the archive names them: a vector, and a convolution's weight. */
const LAYOUTS: ReadonlySet<string> = new Set(['x', 'oihw', 'oi', 'o']);

/**
 * Reads a tensor archive. Never throws for what stands in it: its faults are returned together with the tensors whose
 * names, shapes and places can still be said.
 * @param file what becomes `Tensor.file`.
 * @throws {ReadError} when the bytes cannot be had.
 */
export async function readTza(source: ByteSource, file = 0): Promise<FileContent> {
  const { name: path, size } = source;
  const faults = new FaultCollector(path);
  const tensors: Tensor[] = [];
  const content = (): FileContent => ({
    file: { path, size, format: 'tza', headerLength: HEADER_BYTES },
    tensors,
    metadata: new Map(),
    faults: faults.list(),
  });
  const invalid = (reason: string, offset: number, tensor?: string): void => {
    const bytes = { offset: Math.min(offset, size), length: 0 };
    faults.add({
      kind: 'tza-invalid',
      file: path,
      bytes,
      reason,
      ...(tensor === undefined ? {} : { tensor }),
    });
  };
  if (size < HEADER_BYTES) {
    invalid(`its header takes ${HEADER_BYTES} bytes, the file has ${size}`, size);
    return content();
  }
  const header = viewOf(await source.read(0, HEADER_BYTES));
  const place = header.getBigUint64(4, true);
  if (place < BigInt(HEADER_BYTES) || place + 4n > BigInt(size)) {
    invalid(
      `its table should begin at byte ${place}, the file has ${size}: it was cut off, or is damaged`,
      4,
    );
    return content();
  }
  const begin = Number(place);
  const length = size - begin;
  if (length > MAX_HEADER_BYTES) {
    const fault = { what: 'bytes of the table', limit: MAX_HEADER_BYTES, actual: length };
    faults.add({ kind: 'limit-exceeded', file: path, ...fault });
    return content();
  }
  const table = new Table(await source.read(begin, length), begin);
  const count = table.u32();
  if (count > MAX_TENSORS) {
    faults.add({ kind: 'limit-exceeded', file: path, what: 'tensors', limit: MAX_TENSORS, actual: count });
    return content();
  }
  if (count > (length - 4) / LEAST_ENTRY_BYTES) {
    invalid(`its table counts ${count} tensors and has ${length - 4} bytes for them`, begin);
    return content();
  }
  const seen = new Set<string>();
  for (let index = 0; index < count; index += 1) {
    const at = table.at;
    const entry = table.entry();
    if (typeof entry === 'string') {
      invalid(`entry ${index + 1} of ${count} in its table ${entry}`, at);
      return content();
    }
    const { name, shape, layout, type, offset } = entry;
    const dtype = DTYPES.get(type);
    if (seen.has(name)) invalid('the name stands in the table twice', at, name);
    seen.add(name);
    if (!LAYOUTS.has(layout)) invalid(`its axes are \`${layout}\`, not \`oihw\` or \`x\``, at, name);
    if (dtype === undefined) {
      invalid(`its type is \`${type}\`, none of ${[...DTYPES.keys()].join(', ')}`, at, name);
      continue;
    }
    const elements = elementCount(shape);
    const byteLength = byteLengthOf(dtype, elements);
    if (!Number.isSafeInteger(byteLength) || offset + BigInt(byteLength) > BigInt(begin)) {
      invalid(`its ${byteLength} bytes at ${offset} do not end before the table at ${begin}`, at, name);
      continue;
    }
    if (offset < BigInt(HEADER_BYTES)) invalid(`it begins at byte ${offset}, in the header`, at, name);
    tensors.push({ name, dtype, shape, file, offset: Number(offset), byteLength });
  }
  for (const [one, other] of overlaps(tensors)) {
    invalid(`it begins at byte ${one.offset}, inside \`${other.name}\``, one.offset, one.name);
  }
  if (table.left > 0) invalid(`${table.left} bytes follow its table`, table.at);
  if (count === 0) faults.add({ kind: 'nothing-to-read', file: path, lookedFor: ['tensors in its table'] });
  return content();
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly layout: string;
  readonly type: string;
  readonly offset: bigint;
}

/** The table, read front to back. */
class Table {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #begin: number;
  #pos = 0;

  constructor(bytes: Uint8Array, begin: number) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#begin = begin;
  }

  /** Place in the file. */
  get at(): number {
    return this.#begin + this.#pos;
  }

  get left(): number {
    return this.#bytes.length - this.#pos;
  }

  u32(): number {
    this.#pos += 4;
    return this.#view.getUint32(this.#pos - 4, true);
  }

  /** The next entry, or in words what is wrong with it. */
  entry(): Entry | string {
    const cut = 'is cut off by the end of the file';
    if (this.left < LEAST_ENTRY_BYTES) return cut;
    const nameLength = this.#view.getUint16(this.#pos, true);
    if (this.left < LEAST_ENTRY_BYTES + nameLength) return cut;
    const nameBytes = this.#take(2 + nameLength).subarray(2);
    const name = utf8(nameBytes);
    if (name === undefined) return 'has a name that is not UTF-8';
    const rank = this.#take(1)[0] ?? 0;
    if (rank > MAX_RANK) return `has ${rank} dimensions, and ${MAX_RANK} are the most`;
    if (this.left < rank * 5 + 1 + 8) return cut;
    const shape = Array.from({ length: rank }, () => this.u32());
    const layout = String.fromCharCode(...this.#take(rank));
    const type = String.fromCharCode(...this.#take(1));
    const offset = this.#view.getBigUint64(this.#pos, true);
    this.#pos += 8;
    return { name, shape, layout, type, offset };
  }

  #take(length: number): Uint8Array {
    this.#pos += length;
    return this.#bytes.subarray(this.#pos - length, this.#pos);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Tensors that begin before another ends. */
function overlaps(tensors: readonly Tensor[]): readonly (readonly [Tensor, Tensor])[] {
  const sorted = [...tensors].sort((a, b) => a.offset - b.offset);
  const found: (readonly [Tensor, Tensor])[] = [];
  let furthest: Tensor | undefined;
  for (const tensor of sorted) {
    const end = furthest === undefined ? 0 : furthest.offset + furthest.byteLength;
    if (furthest !== undefined && tensor.offset < end && tensor.byteLength > 0)
      found.push([tensor, furthest]);
    if (tensor.offset + tensor.byteLength > end || furthest === undefined) furthest = tensor;
  }
  return found;
}
