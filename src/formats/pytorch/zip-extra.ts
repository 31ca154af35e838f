/** The extra fields of a zip's headers, of which two change what an entry is. Source: PKWARE APPNOTE 6.3.10, 4.5 and 4.6.9. */
import { IN_ZIP64_32, u64, viewOf } from './zip-end.ts';
import { nameOf } from './zip-entry.ts';

const ZIP64 = 0x0001;
const UNICODE_PATH = 0x7075;

/** The numbers with those that do not fit in 32 bits taken from the zip64 field, in its order. */
export function wideSizes(extra: Uint8Array, numbers: readonly number[]): readonly number[] {
  const field = [...extraFields(extra)].find(([id]) => id === ZIP64)?.[1];
  if (field === undefined) return numbers;
  const wide = viewOf(field);
  let next = 0;
  return numbers.map((value) => {
    if (value !== IN_ZIP64_32 || next + 8 > field.length) return value;
    next += 8;
    return u64(wide, next - 8);
  });
}

/** The name that an extra field gives, where it is another than the header's. */
export function otherName(extra: Uint8Array, name: string): string | undefined {
  for (const [id, field] of extraFields(extra)) {
    // a version and a sum stand before it
    if (id !== UNICODE_PATH || field.length <= 5) continue;
    const other = nameOf(field.subarray(5));
    if (other !== name) return other;
  }
  return undefined;
}

/** The extra fields, as far as they are well formed. */
function* extraFields(extra: Uint8Array): Generator<readonly [id: number, field: Uint8Array]> {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (at + 4 + length > extra.length) return;
    yield [view.getUint16(at, true), extra.subarray(at + 4, at + 4 + length)];
    at += 4 + length;
  }
}
