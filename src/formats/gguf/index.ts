/**
 * The GGUF container, versions 2 and 3: metadata, a list of tensors, then their bytes. Its header says nowhere
 * how long it is, so it is read front to back; of the data nothing is read. The rules are those of ggml's reader
 * (llama.cpp); what other readers take all the same is said with each fault.
 * Sources: ggml `docs/gguf.md` and `src/gguf.cpp`; city96/ComfyUI-GGUF; stable-diffusion.cpp `gguf_io.cpp`.
 */
import { MAX_GGUF_ENTRIES } from '../../bytes/limits.ts';
import type { ByteSource } from '../../bytes/source.ts';
import type { Tensor } from '../checkpoint.ts';
import { FaultCollector } from '../collector.ts';
import { isBlock } from '../dtype.ts';
import type { FileContent } from '../reader.ts';
import { Cursor, HeaderStop } from './cursor.ts';
import { GGML_ACCEPTS, GGML_REFUSES } from './faults.ts';
import { checkLayout, padded } from './layout.ts';
import { type Metadata, MetadataReader } from './metadata.ts';
import { notedShapes } from './shape-notes.ts';
import { countOf } from './string.ts';
import { MAGIC } from './magic.ts';
import { type Entry, TensorReader } from './tensors.ts';
import { fileType } from './types.ts';

const NEWEST = 3;

/** A key takes the length of its name, its type and at least one byte of value. */
const LEAST_KEY_BYTES = 8 + 4 + 1;

/** A tensor takes the length of its name, its number of dimensions, its type and its offset. */
const LEAST_TENSOR_BYTES = 8 + 4 + 4 + 8;

/**
 * Reads a GGUF file. Never throws for what stands in it: all its faults are returned together with the tensors
 * whose names, shapes and places can still be said, also where those places are wrong.
 * @param file what becomes `Tensor.file`.
 * @throws {ReadError} when the bytes cannot be had.
 */
export async function readGguf(source: ByteSource, file = 0): Promise<FileContent> {
  const { name: path, size } = source;
  const faults = new FaultCollector(path);
  const cursor = new Cursor(source, MAGIC.length);
  const metadata = new MetadataReader(path, cursor, faults);
  const tensors = new TensorReader(path, cursor, faults);
  let whole = false;
  try {
    const counts = await readCounts(path, cursor);
    await metadata.read(counts.keys);
    await tensors.read(counts.tensors);
    whole = true;
  } catch (error) {
    if (!(error instanceof HeaderStop)) throw error;
    faults.add(error.fault);
    tensors.complete = false;
  }
  const { texts, shapes, alignment, ...labels } = metadata.metadata;
  const base = padded(cursor.pos, alignment);
  const entries = [...tensors.entries.values()];
  if (whole && entries.length === 0 && tensors.complete) {
    faults.add({ kind: 'gguf-no-tensors', file: path, ...GGML_ACCEPTS });
  }
  // where the list ends is where the data begins: unknown when the list could not be read to its end
  if (whole) checkLayout(entries, tensors.complete, { file: path, base, size, alignment }, faults);
  checkLabels(path, labels, tensors.complete ? entries : [], faults);
  const noted = notedShapes(path, shapes, tensors, faults);
  const placed = whole ? entries.map((entry) => asTensor(entry, noted, base, file)) : [];
  return {
    file: { path, size, format: 'gguf', headerLength: Math.min(base, size) },
    tensors: placed.filter((tensor) => tensor !== undefined),
    metadata: texts,
    faults: faults.list(),
  };
}

interface Counts {
  readonly tensors: number;
  readonly keys: number;
}

/** Reads the version and the two counts. @throws {HeaderStop} for those that cannot be. */
async function readCounts(file: string, cursor: Cursor): Promise<Counts> {
  await cursor.need(4, 'the version');
  const bytes = { offset: cursor.pos, length: 4 };
  const version = cursor.u32();
  const problem = versionProblem(version);
  if (problem !== undefined) {
    throw new HeaderStop({ kind: 'gguf-version', file, bytes, version, problem, ...GGML_REFUSES });
  }
  await cursor.need(16, 'the number of tensors and keys');
  const tensors = readCount(file, cursor, 'tensors', LEAST_TENSOR_BYTES);
  const keys = readCount(file, cursor, 'keys of the metadata', LEAST_KEY_BYTES);
  return { tensors, keys };
}

function versionProblem(version: number): 'old' | 'unknown' | 'byte-swapped' | undefined {
  if (version === 2 || version === NEWEST) return undefined;
  if (version === 1) return 'old';
  // a small version in the other order of bytes has its low half empty
  return version !== 0 && (version & 0xffff) === 0 ? 'byte-swapped' : 'unknown';
}

/**
 * A count of things that take at least `each` bytes. One that the file cannot hold is a fault of its own only
 * where it is more than any file has: else the end of the file will tell that it was cut.
 */
function readCount(file: string, cursor: Cursor, what: string, each: number): number {
  const bytes = { offset: cursor.pos, length: 8 };
  const declared = cursor.i64();
  const limit = Math.floor(Math.max(0, cursor.left) / each);
  if (declared >= 0n && (declared <= MAX_GGUF_ENTRIES || declared <= limit)) return Number(declared);
  throw new HeaderStop({
    kind: 'gguf-count',
    file,
    bytes,
    what,
    declared: countOf(declared),
    limit,
    ...GGML_REFUSES,
  });
}

function checkLabels(
  path: string,
  { fileType: declared, split }: Pick<Metadata, 'fileType' | 'split'>,
  entries: readonly Entry[],
  faults: FaultCollector,
): void {
  if (split !== undefined && split.of > 1) faults.add({ kind: 'gguf-split', file: path, ...split });
  const label = declared === undefined ? undefined : fileType(declared);
  const found = new Set(entries.map(({ dtype }) => dtype));
  if (label === undefined || found.size === 0) return;
  const odd = isBlock(label.of) ? !found.has(label.of) : [...found].some(isBlock);
  if (!odd) return;
  const dtypes = [...found].sort();
  faults.add({
    kind: 'gguf-file-type',
    file: path,
    declared: label.name,
    found: dtypes,
    ...GGML_ACCEPTS,
  });
}

/** The tensor, where its place can be said exactly. */
function asTensor(
  { name, dtype, shape, begin, byteLength }: Entry,
  noted: ReadonlyMap<string, readonly number[]>,
  base: number,
  file: number,
): Tensor | undefined {
  const offset = BigInt(base) + begin;
  if (offset + BigInt(byteLength) > Number.MAX_SAFE_INTEGER) return undefined;
  return { name, dtype, shape: noted.get(name) ?? shape, file, offset: Number(offset), byteLength };
}
