/**
 * Where the tensors of a safetensors file lie: they must tile the data from its first byte to its last, each as
 * long as its shape and dtype say. Holes and overlaps are what polyglot files and merging tools leave behind.
 */
import type { FaultCollector } from './collector.ts';
import { bitsOf } from './dtype.ts';
import { ACCEPTS, type ByteRange, refuses } from './fault.ts';
import { asCount, type Entry, type Unsigned } from './safetensors-entry.ts';
import type { Header } from './safetensors-header.ts';

const U64_LIMIT = 2n ** 64n;

/** Where the data lies in the file. */
export interface DataPlace {
  readonly file: string;
  /** First byte of the data. */
  readonly base: number;
  /** Bytes from there to the end of the file. */
  readonly length: number;
}

/** Reports what is wrong with the sizes and the order of the entries' bytes. */
export function checkLayout(header: Header, place: DataPlace, faults: FaultCollector): void {
  // as the reference does: by first byte, then by last
  const sorted = [...header.entries.values()].sort(byRange);
  let sound = true;
  for (const entry of sorted) {
    if (!checkEntry(entry, place, faults)) sound = false;
  }
  const { gaps, end, tiled } = walk(sorted, place, faults);
  const lost = header.repeated.filter((pair) => !sameRange(pair.dropped, pair.kept));
  const explained = (range: ByteRange) =>
    lost.some(({ dropped }) => dropped.begin <= range.offset && dropped.end >= range.offset + range.length);
  // where an entry is lost, what seems to be a hole may be its place
  if (header.complete && sorted.every((entry) => entry.begin <= entry.end)) {
    for (const gap of gaps) {
      if (explained(gap.bytes)) continue;
      const bytes = inFile(gap.bytes, place);
      const { before, after } = gap;
      const around = before === undefined ? { after } : { before, after };
      faults.add({ kind: 'hole', file: place.file, bytes, ...around, ...refuses('InvalidOffset') });
    }
    checkEnd(sorted, end, sound && tiled, explained, place, faults);
  }
  for (const { dropped, kept } of header.repeated) {
    const { file } = place;
    const same = sameRange(dropped, kept);
    const common = { file, bytes: inHeader(kept), tensor: kept.name, first: inHeader(dropped) };
    if (same) {
      faults.add({ kind: 'duplicate-tensor-same-range', ...common, ...ACCEPTS });
      continue;
    }
    // the reference forgets the first entry: it notices only where that leaves bytes without an owner
    const begin = Number(dropped.begin);
    const overlaps = (gap: ByteRange) => gap.offset < dropped.end && gap.offset + gap.length > begin;
    const tail = { offset: Number(end), length: Math.max(0, place.length - Number(end)) };
    const verdict = gaps.some((gap) => overlaps(gap.bytes))
      ? refuses('InvalidOffset')
      : tail.length > 0 && overlaps(tail)
        ? refuses('MetadataIncompleteBuffer')
        : ACCEPTS;
    faults.add({ kind: 'duplicate-tensor', ...common, ...verdict });
  }
}

function byRange(a: Entry, b: Entry): number {
  if (a.begin !== b.begin) return a.begin < b.begin ? -1 : 1;
  if (a.end !== b.end) return a.end < b.end ? -1 : 1;
  return 0;
}

function sameRange(a: Entry, b: Entry): boolean {
  return a.begin === b.begin && a.end === b.end;
}

function inHeader({ headerOffset, headerLength }: Entry): ByteRange {
  return { offset: headerOffset, length: headerLength };
}

function inFile({ offset, length }: ByteRange, place: DataPlace): ByteRange {
  return { offset: place.base + offset, length };
}

/** Checks one tensor's size by shape and dtype against its offsets; false when they disagree. */
function checkEntry(entry: Entry, place: DataPlace, faults: FaultCollector): boolean {
  const { name, dtype, shape, begin, end } = entry;
  const common = () => ({ file: place.file, bytes: inHeader(entry), tensor: name });
  if (end < begin) {
    const offsets = { begin: asCount(begin), end: asCount(end) };
    faults.add({ kind: 'offsets-reversed', ...common(), ...offsets, ...refuses('InvalidOffset') });
    return false;
  }
  const element = bitsOf(dtype);
  if (element > 8 && remainder(begin, element / 8) !== 0) {
    faults.add({ kind: 'tensor-unaligned', ...common(), dtype, alignment: element / 8, ...ACCEPTS });
  }
  if (shape === undefined) return true;
  const bits = bitLength(shape, element);
  if (bits === undefined) {
    const dims = shape.map(String);
    faults.add({ kind: 'shape-overflow', ...common(), shape: dims, dtype, ...refuses('ValidationOverflow') });
    return false;
  }
  if (remainder(bits, 8) !== 0) {
    const dims = shape.map(Number);
    faults.add({
      kind: 'misaligned-slice',
      ...common(),
      shape: dims,
      dtype,
      bits: asCount(bits),
      ...refuses('MisalignedSlice'),
    });
    return false;
  }
  const expected = typeof bits === 'bigint' ? narrow(bits / 8n) : bits / 8;
  const actual = difference(end, begin);
  if (expected === actual) {
    reportHugeDimension(entry, place, faults);
    return true;
  }
  faults.add({
    kind: 'size-mismatch',
    ...common(),
    shape: shape.map(String),
    dtype,
    expected: asCount(expected),
    actual: asCount(actual),
    ...refuses('TensorInvalidInfo'),
  });
  return false;
}

/** The reference takes an empty tensor with a dimension beyond 2⁵³; we cannot name that exactly. */
function reportHugeDimension(entry: Entry, place: DataPlace, faults: FaultCollector): void {
  const huge = entry.shape?.find((dim) => typeof dim === 'bigint');
  if (huge === undefined) return;
  faults.add({
    kind: 'limit-exceeded',
    file: place.file,
    bytes: inHeader(entry),
    tensor: entry.name,
    what: 'size of a dimension',
    limit: Number.MAX_SAFE_INTEGER,
    actual: asCount(huge),
  });
}

/** Bits of a tensor, multiplied from left to right as the reference does; undefined beyond 64 bits. */
function bitLength(shape: readonly Unsigned[], element: number): Unsigned | undefined {
  let exact = element;
  for (const dim of shape) exact *= Number(dim);
  // no factor can be too large for a number when the product is not, unless one of them is zero
  if (exact !== 0 && Number.isSafeInteger(exact)) return exact;
  let product = 1n;
  for (const dim of shape) {
    product *= BigInt(dim);
    if (product >= U64_LIMIT) return undefined;
  }
  product *= BigInt(element);
  return product >= U64_LIMIT ? undefined : narrow(product);
}

function remainder(value: Unsigned, by: number): number {
  return typeof value === 'number' ? value % by : Number(value % BigInt(by));
}

function narrow(value: bigint): Unsigned {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function difference(a: Unsigned, b: Unsigned): Unsigned {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return narrow(BigInt(a) - BigInt(b));
}

interface Gap {
  /** Within the data. */
  readonly bytes: ByteRange;
  readonly before?: string;
  readonly after: string;
}

interface Walk {
  readonly gaps: readonly Gap[];
  /** One past the last byte that a tensor owns. */
  readonly end: Unsigned;
  /** Whether the tensors follow each other without gap or overlap. */
  readonly tiled: boolean;
}

/** Walks the tensors in the order of their bytes; reports overlaps and returns the gaps. */
function walk(sorted: readonly Entry[], place: DataPlace, faults: FaultCollector): Walk {
  const gaps: Gap[] = [];
  let end: Unsigned = 0;
  let tiled = true;
  let last: Entry | undefined;
  for (const entry of sorted) {
    if (entry.end < entry.begin) {
      tiled = false;
      continue;
    }
    if (entry.begin > end && end < place.length) {
      const until = entry.begin < place.length ? Number(entry.begin) : place.length;
      const bytes = { offset: Number(end), length: until - Number(end) };
      gaps.push(
        last === undefined ? { bytes, after: entry.name } : { bytes, before: last.name, after: entry.name },
      );
    }
    if (entry.begin !== end) tiled = false;
    if (entry.begin < end && last !== undefined) {
      const shared = Number(entry.end < end ? entry.end : end) - Number(entry.begin);
      faults.add({
        kind: 'overlap',
        file: place.file,
        bytes: inFile({ offset: Number(entry.begin), length: shared }, place),
        tensor: entry.name,
        other: last.name,
        ...refuses('InvalidOffset'),
      });
    }
    if (last === undefined || entry.end >= end) {
      end = entry.end;
      last = entry;
    }
  }
  return { gaps, end, tiled };
}

/** Compares the end of the last tensor with the end of the file. */
function checkEnd(
  sorted: readonly Entry[],
  end: Unsigned,
  sound: boolean,
  explained: (range: ByteRange) => boolean,
  place: DataPlace,
  faults: FaultCollector,
): void {
  const { file, base, length } = place;
  if (end === length) return;
  const verdict = refuses('MetadataIncompleteBuffer');
  if (end < length) {
    const rest = { offset: Number(end), length: length - Number(end) };
    if (explained(rest)) return;
    const bytes = inFile(rest, place);
    const sizes = { expected: base + Number(end), actual: base + length };
    faults.add({ kind: 'trailing-bytes', file, bytes, ...sizes, ...verdict });
    return;
  }
  const beyond = sorted.filter((entry) => entry.end > length && entry.end >= entry.begin);
  if (sound && end <= Number.MAX_SAFE_INTEGER) {
    // everything agrees with everything but the length of the file: the rest of it never arrived
    const sizes = { expected: base + Number(end), actual: base + length };
    const bytes = { offset: base + length, length: 0 };
    faults.add({ kind: 'file-truncated', file, bytes, ...sizes, tensors: beyond.length, ...verdict });
    return;
  }
  for (const entry of beyond) {
    const offsets = { begin: asCount(entry.begin), end: asCount(entry.end) };
    faults.add({
      kind: 'offsets-beyond-file',
      file,
      bytes: inHeader(entry),
      tensor: entry.name,
      ...offsets,
      limit: length,
      ...verdict,
    });
  }
}
