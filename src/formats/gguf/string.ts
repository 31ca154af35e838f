import { MAX_STRING_BYTES } from '../../bytes/limits.ts';
import type { FaultCollector } from '../collector.ts';
import type { Count } from '../place.ts';
import { type Cursor, HeaderStop } from './cursor.ts';
import { GGML_ACCEPTS, GGML_REFUSES } from './faults.ts';

/** Longest string and array that ggml reads (`GGUF_MAX_STRING_LENGTH`, `GGUF_MAX_ARRAY_ELEMENTS`). */
const LONGEST = 2 ** 30;

const STRICT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LENIENT = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Reads a string: its length in eight bytes, then UTF-8. Undefined, passed over, when it is longer than one that
 * is kept. `what` names it in words.
 * @throws {HeaderStop} when it is longer than the format allows or than the file.
 */
export async function readString(
  cursor: Cursor,
  what: string,
  file: string,
  faults: FaultCollector,
): Promise<string | undefined> {
  if (!cursor.has(8)) await cursor.need(8, what);
  const at = cursor.pos;
  const length = checkedLength(cursor.u64(), what, file, at);
  if (length > MAX_STRING_BYTES) {
    cursor.skip(length, what);
    const bytes = { offset: at, length: 8 };
    const [limit, actual] = [MAX_STRING_BYTES, length];
    faults.add({ kind: 'limit-exceeded', file, bytes, what: 'bytes of a string', limit, actual });
    return undefined;
  }
  if (!cursor.has(length)) await cursor.need(length, what);
  const bytes = cursor.bytes(length);
  try {
    return STRICT.decode(bytes);
  } catch {
    const place = { offset: at + 8, length };
    faults.add({ kind: 'gguf-not-utf8', file, bytes: place, what, ...GGML_ACCEPTS });
    return LENIENT.decode(bytes);
  }
}

/** A length that the format allows. @throws {HeaderStop} for any other. */
export function checkedLength(declared: bigint | number, what: string, file: string, offset: number): number {
  if (declared <= LONGEST) return Number(declared);
  const bytes = { offset, length: 8 };
  throw new HeaderStop({
    kind: 'gguf-length',
    file,
    bytes,
    what,
    declared: countOf(BigInt(declared)),
    limit: LONGEST,
    ...GGML_REFUSES,
  });
}

/** A number of 64 bits that may be beyond the exact ones. */
export function countOf(value: bigint): Count {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= 0n ? Number(value) : value.toString();
}

/** The shortest decimal that is this float32. */
export function shortest(value: number): string {
  for (let digits = 1; digits < 9; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(value);
}
