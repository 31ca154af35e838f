/** Finds a zip's central directory from the end of the file, as the format wants it. */
import { MAX_ZIP_DIRECTORY_BYTES, MAX_ZIP_ENTRIES } from '../../bytes/limits.ts';
import type { ByteSource } from '../../bytes/source.ts';
import type { FaultCollector } from '../collector.ts';

const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
export const END_BYTES = 22;
const LOCATOR_BYTES = 20;
const END64_BYTES = 56;
/** A comment is at most this long. */
const MAX_COMMENT = 0xffff;

/** What stands in a field whose real value is in the zip64 record. */
const IN_ZIP64_16 = 0xffff;
export const IN_ZIP64_32 = 0xffffffff;

const SEVERAL_DISKS = 'it says that it is one of several disks';

/** Where the central directory lies. */
export interface Directory {
  readonly offset: number;
  readonly length: number;
  readonly count: number;
  /** Where other end records stand. */
  readonly others: readonly number[];
}

/** Little-endian numbers out of bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number; one beyond the exact numbers becomes infinity, which no check lets pass. */
export function u64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : Number.POSITIVE_INFINITY;
}

/** Finds the directory; undefined, with a fault, where there is none that can be read. */
export async function findDirectory(
  source: ByteSource,
  faults: FaultCollector,
): Promise<Directory | undefined> {
  const { name: file, size } = source;
  const tailAt = Math.max(0, size - END_BYTES - MAX_COMMENT);
  const tail = await source.read(tailAt, size - tailAt);
  const ends = endsIn(tail, tailAt);
  // the record whose comment reaches the end of the file, else the last one
  const end = ends.find((at) => at + END_BYTES + commentLength(tail, at - tailAt) === size) ?? ends[0];
  if (end === undefined) {
    faults.add({ kind: 'zip-no-directory', file, reason: 'its end was not found' });
    return undefined;
  }
  const after = end + END_BYTES + commentLength(tail, end - tailAt);
  if (after < size) {
    faults.add({
      kind: 'zip-hidden-bytes',
      file,
      bytes: { offset: after, length: size - after },
      where: 'after',
    });
  }
  const directory = await readEnd(source, viewOf(tail.subarray(end - tailAt)), end, faults);
  return directory && { ...directory, others: ends.filter((at) => at !== end) };
}

function commentLength(tail: Uint8Array, at: number): number {
  return viewOf(tail).getUint16(at + 20, true);
}

/** Every place that reads as an end record, the last one first; what tensor bytes look like by chance is left out. */
function endsIn(tail: Uint8Array, tailAt: number): readonly number[] {
  const view = viewOf(tail);
  const found: number[] = [];
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (tail[at] !== 0x50 || view.getUint32(at, true) !== END) continue;
    const length = view.getUint32(at + 12, true);
    const offset = view.getUint32(at + 16, true);
    const fits = length === IN_ZIP64_32 || offset === IN_ZIP64_32 || offset + length <= tailAt + at;
    if (fits) found.push(tailAt + at);
  }
  return found;
}

async function readEnd(
  source: ByteSource,
  view: DataView,
  end: number,
  faults: FaultCollector,
): Promise<Omit<Directory, 'others'> | undefined> {
  const { name: file } = source;
  const invalid = (reason: string) => {
    faults.add({ kind: 'zip-directory-invalid', file, bytes: { offset: end, length: END_BYTES }, reason });
  };
  let count = view.getUint16(10, true);
  let length = view.getUint32(12, true);
  let offset = view.getUint32(16, true);
  if (view.getUint16(4, true) !== 0 || view.getUint16(6, true) !== 0 || view.getUint16(8, true) !== count) {
    invalid(SEVERAL_DISKS);
  }
  let until = end;
  const wide = await readZip64(source, end, faults);
  if (wide !== undefined) {
    const agree =
      (count === IN_ZIP64_16 || count === wide.count) &&
      (length === IN_ZIP64_32 || length === wide.length) &&
      (offset === IN_ZIP64_32 || offset === wide.offset);
    if (!agree) invalid('its two end records disagree');
    ({ count, length, offset } = wide);
    until = wide.at;
  }
  if (offset + length > until) {
    faults.add({ kind: 'zip-no-directory', file, reason: 'it should lie behind its own end' });
    return undefined;
  }
  if (offset + length < until) {
    const bytes = { offset: offset + length, length: until - offset - length };
    faults.add({ kind: 'zip-hidden-bytes', file, bytes, where: 'before-end' });
  }
  if (count > MAX_ZIP_ENTRIES || length > MAX_ZIP_DIRECTORY_BYTES) {
    const many = count > MAX_ZIP_ENTRIES;
    faults.add({
      kind: 'limit-exceeded',
      file,
      what: many ? 'entries of a zip' : 'bytes of a zip directory',
      limit: many ? MAX_ZIP_ENTRIES : MAX_ZIP_DIRECTORY_BYTES,
      actual: many ? count : length,
    });
    return undefined;
  }
  return { offset, length, count };
}

/** The zip64 end record, where its locator stands before the end record. */
async function readZip64(
  source: ByteSource,
  end: number,
  faults: FaultCollector,
): Promise<(Omit<Directory, 'others'> & { readonly at: number }) | undefined> {
  const { name: file } = source;
  if (end < LOCATOR_BYTES) return undefined;
  const locator = viewOf(await source.read(end - LOCATOR_BYTES, LOCATOR_BYTES));
  if (locator.getUint32(0, true) !== END64_LOCATOR) return undefined;
  const at = u64(locator, 8);
  const bytes = { offset: end - LOCATOR_BYTES, length: LOCATOR_BYTES };
  if (at + END64_BYTES > end - LOCATOR_BYTES) {
    faults.add({ kind: 'zip-directory-invalid', file, bytes, reason: 'its zip64 end record lies elsewhere' });
    return undefined;
  }
  const view = viewOf(await source.read(at, END64_BYTES));
  const recordLength = u64(view, 4) + 12;
  if (view.getUint32(0, true) !== END64 || at + recordLength !== end - LOCATOR_BYTES) {
    faults.add({ kind: 'zip-directory-invalid', file, bytes, reason: 'its zip64 end record is none' });
    return undefined;
  }
  if (recordLength > END64_BYTES) {
    const more = { offset: at + END64_BYTES, length: recordLength - END64_BYTES };
    faults.add({ kind: 'zip-hidden-bytes', file, bytes: more, where: 'before-end' });
  }
  const count = u64(view, 32);
  const disks = [locator.getUint32(4, true), view.getUint32(16, true), view.getUint32(20, true)];
  // torch writes one disk, other programs none, and both mean the same
  if (disks.some((disk) => disk !== 0) || locator.getUint32(16, true) > 1 || u64(view, 24) !== count) {
    faults.add({ kind: 'zip-directory-invalid', file, bytes, reason: SEVERAL_DISKS });
  }
  return { count, length: u64(view, 40), offset: u64(view, 48), at };
}
