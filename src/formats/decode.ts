import { bitsOf, type Dtype, isBlock, type PlainDtype } from './dtype.ts';
import { canDequantise, dequantise } from './gguf/dequantise/index.ts';
import { isSmallFloat, smallFloats } from './small-float.ts';

/** Dtypes that can be decoded to one float32 an element. */
export function canDecode(dtype: Dtype): boolean {
  if (isBlock(dtype)) return canDequantise(dtype);
  return isSmallFloat(dtype) || PLAIN.has(dtype) || dtype === 'BF16';
}

type View = (buffer: ArrayBuffer) => ArrayLike<number | bigint>;

/** Dtypes that JavaScript has arrays of; whole numbers beyond 2²⁴ and doubles are rounded to float32. */
const PLAIN: ReadonlyMap<PlainDtype, View> = new Map<PlainDtype, View>([
  ['BOOL', (buffer) => new Uint8Array(buffer)],
  ['U8', (buffer) => new Uint8Array(buffer)],
  ['I8', (buffer) => new Int8Array(buffer)],
  ['U16', (buffer) => new Uint16Array(buffer)],
  ['I16', (buffer) => new Int16Array(buffer)],
  ['U32', (buffer) => new Uint32Array(buffer)],
  ['I32', (buffer) => new Int32Array(buffer)],
  ['F32', (buffer) => new Float32Array(buffer)],
  ['F64', (buffer) => new Float64Array(buffer)],
  ['U64', (buffer) => new BigUint64Array(buffer)],
  ['I64', (buffer) => new BigInt64Array(buffer)],
]);

/**
 * The elements of a tensor as float32, in the order in which they lie in `bytes` (little-endian).
 * @throws {RangeError} for a dtype that has no plain numbers (F4, F6, E8M0, complex, some quantised ones), or
 *   bytes that are no whole number of elements or blocks.
 */
export function decodeFloats(bytes: Uint8Array, dtype: Dtype): Float32Array {
  if (isBlock(dtype)) return dequantise(bytes, dtype);
  const size = bitsOf(dtype) / 8;
  if (bytes.byteLength % size !== 0) {
    throw new RangeError(`${bytes.byteLength} bytes are no whole number of ${dtype} elements`);
  }
  // a copy, so that it starts where its own element size wants it
  const { buffer } = Uint8Array.from(bytes);
  if (dtype === 'BF16') {
    const words = new Uint16Array(buffer);
    const wide = new Uint32Array(words.length);
    for (let index = 0; index < words.length; index += 1) wide[index] = (words[index] as number) << 16;
    return new Float32Array(wide.buffer);
  }
  const table = smallFloats(dtype);
  if (table !== undefined) {
    const codes = size === 2 ? new Uint16Array(buffer) : new Uint8Array(buffer);
    const values = new Float32Array(codes.length);
    for (let index = 0; index < codes.length; index += 1)
      values[index] = table[codes[index] as number] as number;
    return values;
  }
  const view = PLAIN.get(dtype);
  if (view === undefined) throw new RangeError(`${dtype} elements are no plain numbers`);
  return Float32Array.from(view(buffer), Number);
}
