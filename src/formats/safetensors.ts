/**
 * The safetensors container: 8 bytes of header length, a JSON header, then the tensors' bytes. Read by two
 * positioned reads; of the data nothing is read. The rules are those of the reference reader (the safetensors
 * crate, 0.8), and of the written format where that is stricter; every fault says which of the two it is.
 */
import { MAX_HEADER_BYTES } from '../bytes/limits.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { CheckpointFile, Tensor } from './checkpoint.ts';
import { FaultCollector } from './collector.ts';
import { refuses } from './fault.ts';
import type { FileContent, Reader } from './reader.ts';
import { checkLayout } from './safetensors-layout.ts';
import type { Entry } from './safetensors-entry.ts';
import { readHeader } from './safetensors-header.ts';

const LENGTH_BYTES = 8;
const OPEN_BRACE = 0x7b;

/**
 * Reads a safetensors file. Never throws for what stands in it: all its faults are returned together with the
 * tensors whose names, shapes and places can still be said, also where those places are wrong.
 * @param file what becomes `Tensor.file`.
 * @throws {ReadError} when the bytes cannot be had.
 */
export async function readSafetensors(source: ByteSource, file = 0): Promise<FileContent> {
  const { name: path, size } = source;
  const faults = new FaultCollector(path);
  const failed = (headerLength: number): FileContent => ({
    file: { path, size, format: 'safetensors', headerLength },
    tensors: [],
    metadata: new Map(),
    faults: faults.list(),
  });
  if (size < LENGTH_BYTES) {
    const bytes = { offset: 0, length: size };
    faults.add({ kind: 'file-too-short', file: path, bytes, actual: size, ...refuses('HeaderTooSmall') });
    return failed(size);
  }
  const declared = headerLengthOf(await source.read(0, LENGTH_BYTES));
  const bytes = { offset: 0, length: LENGTH_BYTES };
  if (declared > MAX_HEADER_BYTES) {
    faults.add({
      kind: 'header-too-large',
      file: path,
      bytes,
      declared: declared <= Number.MAX_SAFE_INTEGER ? Number(declared) : declared.toString(),
      limit: MAX_HEADER_BYTES,
      ...refuses('HeaderTooLarge'),
    });
    return failed(LENGTH_BYTES);
  }
  const length = Number(declared);
  if (LENGTH_BYTES + length > size) {
    const verdict = refuses('InvalidHeaderLength');
    faults.add({ kind: 'header-beyond-file', file: path, bytes, declared: length, actual: size, ...verdict });
    return failed(LENGTH_BYTES);
  }
  const base = LENGTH_BYTES + length;
  const header = readHeader(path, await source.read(LENGTH_BYTES, length), LENGTH_BYTES, faults);
  if (base % 8 !== 0) {
    faults.add({ kind: 'header-unaligned', file: path, bytes, headerLength: base, reference: 'accepts' });
  }
  if (header.entries.size === 0 && header.complete) {
    faults.add({ kind: 'no-tensors', file: path, reference: 'accepts' });
  }
  checkLayout(header, { file: path, base, length: size - base }, faults);
  const tensors: Tensor[] = [];
  for (const entry of header.entries.values()) {
    const tensor = asTensor(entry, base, file);
    if (tensor !== undefined) tensors.push(tensor);
  }
  return {
    file: { path, size, format: 'safetensors', headerLength: base } satisfies CheckpointFile,
    tensors,
    metadata: header.metadata,
    faults: faults.list(),
  };
}

/** The tensor, where its shape and place can be said exactly and its bytes follow each other. */
function asTensor(entry: Entry, base: number, file: number): Tensor | undefined {
  const { name, dtype, shape, begin, end } = entry;
  if (typeof begin === 'bigint' || typeof end === 'bigint' || end < begin) return undefined;
  if (shape === undefined || base + end > Number.MAX_SAFE_INTEGER) return undefined;
  if (!shape.every((dim) => typeof dim === 'number')) return undefined;
  return { name, dtype, shape, file, offset: base + begin, byteLength: end - begin };
}

function headerLengthOf(bytes: Uint8Array): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
}

/** Whether the head of a file can only be that of a safetensors file. */
function looksLikeSafetensors(head: Uint8Array): boolean {
  return head[LENGTH_BYTES] === OPEN_BRACE && headerLengthOf(head) <= MAX_HEADER_BYTES;
}

/**
 * Whether a file that begins like this has room for the header that it declares. Few files of other formats do:
 * as a length their first 8 bytes are enormous.
 */
export function hasRoomForHeader(head: Uint8Array, size: number): boolean {
  if (head.length < LENGTH_BYTES) return false;
  const length = headerLengthOf(head);
  return length > 0 && length <= MAX_HEADER_BYTES && LENGTH_BYTES + Number(length) <= size;
}

export const safetensorsReader: Reader = {
  id: 'safetensors',
  title: 'safetensors',
  match: looksLikeSafetensors,
  read: readSafetensors,
};
