/** The contents of zip entries: read whole, within limits, and checked. */
import { MAX_PICKLE_BYTES } from '../../bytes/limits.ts';
import type { ByteSource } from '../../bytes/source.ts';
import type { FaultCollector } from '../collector.ts';
import { crc32 } from './crc32.ts';
import { inflate, inflateHead } from './inflate.ts';
import { DEFLATED, STORED, type ZipEntry } from './zip-entry.ts';

/** The contents of an entry. */
export interface EntryBytes {
  readonly bytes: Uint8Array;
  /** Where they stand in the file; 0 where they are deflated, and offsets count from their own start. */
  readonly base: number;
}

/** Reads an entry of at most `MAX_PICKLE_BYTES`; undefined, with a fault, where it cannot be had. */
export async function readEntry(
  source: ByteSource,
  entry: ZipEntry,
  faults: FaultCollector,
): Promise<EntryBytes | undefined> {
  const { name: file } = source;
  const { name, data, packed, size, method, crc } = entry;
  if (data === undefined) return undefined;
  if (packed > MAX_PICKLE_BYTES || size > MAX_PICKLE_BYTES) {
    const reason = `more than ${MAX_PICKLE_BYTES} bytes`;
    faults.add({ kind: 'pickle-not-run', file, entry: name, reason });
    return undefined;
  }
  if (method !== STORED && method !== DEFLATED) {
    faults.add({ kind: 'pickle-not-run', file, entry: name, reason: `compressed by method ${method}` });
    return undefined;
  }
  const raw = await source.read(data, packed);
  const bytes = method === STORED ? raw : await inflate(raw, size);
  const place = { offset: data, length: packed };
  if (bytes === undefined) {
    faults.add({ kind: 'zip-entry-corrupt', file, bytes: place, entry: name });
    return undefined;
  }
  const actual = crc32(bytes);
  if (actual !== crc) {
    const digits = (value: number) => value.toString(16).padStart(8, '0');
    const sums = { declared: digits(crc), actual: digits(actual) };
    faults.add({ kind: 'zip-crc-mismatch', file, bytes: place, entry: name, ...sums });
  }
  return { bytes, base: method === STORED ? data : 0 };
}

/** Deflated bytes that are read to see how an entry begins. */
const MAX_HEAD_PACKED = 4096;

/** The first bytes of an entry; none where they cannot be had. */
export async function entryHead(source: ByteSource, entry: ZipEntry, length: number): Promise<Uint8Array> {
  const { data, packed, method } = entry;
  if (data === undefined || (method !== STORED && method !== DEFLATED)) return new Uint8Array(0);
  if (method === STORED) return source.read(data, Math.min(packed, length));
  return inflateHead(await source.read(data, Math.min(packed, MAX_HEAD_PACKED)), length);
}
