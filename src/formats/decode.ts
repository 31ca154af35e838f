import { bitsOf, type Dtype } from './dtype.ts';

/** A small float as its bits are laid out: sign, exponent, mantissa. */
interface SmallFloat {
  readonly exponent: number;
  readonly mantissa: number;
  readonly bias: number;
  /** What the bits with the exponent full say. `ieee`: infinities and NaN; `last`: NaN where all bits are set. */
  readonly full: 'ieee' | 'last' | 'number';
  /** No negative zero: its bits are the one NaN (the FNUZ kinds). */
  readonly unsignedZero?: true;
}

/**
 * Sources: OCP 8-bit Floating Point Specification rev. 1.0 (E4M3, E5M2); Noune et al. 2022 and ONNX's
 * `float8` page (FNUZ); IEEE 754 binary16.
 */
const SMALL: ReadonlyMap<Dtype, SmallFloat> = new Map<Dtype, SmallFloat>([
  ['F16', { exponent: 5, mantissa: 10, bias: 15, full: 'ieee' }],
  ['F8_E5M2', { exponent: 5, mantissa: 2, bias: 15, full: 'ieee' }],
  ['F8_E4M3', { exponent: 4, mantissa: 3, bias: 7, full: 'last' }],
  ['F8_E4M3FNUZ', { exponent: 4, mantissa: 3, bias: 8, full: 'number', unsignedZero: true }],
  ['F8_E5M2FNUZ', { exponent: 5, mantissa: 2, bias: 16, full: 'number', unsignedZero: true }],
]);

/** The number that each pattern of bits is; made once a dtype, at first use. */
const tables = new Map<Dtype, Float32Array>();

function tableOf(dtype: Dtype, layout: SmallFloat): Float32Array {
  const had = tables.get(dtype);
  if (had !== undefined) return had;
  const patterns = 2 ** bitsOf(dtype);
  const table = new Float32Array(patterns);
  for (let bits = 0; bits < patterns; bits += 1) table[bits] = smallFloat(bits, layout);
  tables.set(dtype, table);
  return table;
}

function smallFloat(bits: number, { exponent, mantissa, bias, full, unsignedZero }: SmallFloat): number {
  const sign = bits >>> (exponent + mantissa);
  const power = (bits >>> mantissa) & (2 ** exponent - 1);
  const fraction = bits & (2 ** mantissa - 1);
  const signed = sign === 1 ? -1 : 1;
  if (power === 2 ** exponent - 1) {
    if (full === 'ieee') return fraction === 0 ? signed * Number.POSITIVE_INFINITY : Number.NaN;
    if (full === 'last' && fraction === 2 ** mantissa - 1) return Number.NaN;
  }
  if (unsignedZero === true && sign === 1 && power === 0 && fraction === 0) return Number.NaN;
  if (power === 0) return signed * fraction * 2 ** (1 - bias - mantissa);
  return signed * (1 + fraction / 2 ** mantissa) * 2 ** (power - bias);
}

/** Dtypes that can be decoded to one float32 an element. */
export function canDecode(dtype: Dtype): boolean {
  return SMALL.has(dtype) || PLAIN.has(dtype) || dtype === 'BF16';
}

type View = (buffer: ArrayBuffer) => ArrayLike<number | bigint>;

/** Dtypes that JavaScript has arrays of; whole numbers beyond 2²⁴ and doubles are rounded to float32. */
const PLAIN: ReadonlyMap<Dtype, View> = new Map<Dtype, View>([
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
 * @throws {RangeError} for a dtype that has no plain numbers (F4, F6, E8M0, complex), or bytes that are no whole
 *   number of elements.
 */
export function decodeFloats(bytes: Uint8Array, dtype: Dtype): Float32Array {
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
  const small = SMALL.get(dtype);
  if (small !== undefined) {
    const table = tableOf(dtype, small);
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
