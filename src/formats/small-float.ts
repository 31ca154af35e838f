/** Floats of 16 and 8 bits, each pattern of bits looked up in a table. */
import { bitsOf, type PlainDtype } from './dtype.ts';

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
const LAYOUTS: ReadonlyMap<PlainDtype, SmallFloat> = new Map<PlainDtype, SmallFloat>([
  ['F16', { exponent: 5, mantissa: 10, bias: 15, full: 'ieee' }],
  ['F8_E5M2', { exponent: 5, mantissa: 2, bias: 15, full: 'ieee' }],
  ['F8_E4M3', { exponent: 4, mantissa: 3, bias: 7, full: 'last' }],
  ['F8_E4M3FNUZ', { exponent: 4, mantissa: 3, bias: 8, full: 'number', unsignedZero: true }],
  ['F8_E5M2FNUZ', { exponent: 5, mantissa: 2, bias: 16, full: 'number', unsignedZero: true }],
]);

/** The number that each pattern of bits is; made once a dtype, at first use. */
const tables = new Map<PlainDtype, Float32Array>();

/** Whether the dtype is a small float that has a table. */
export function isSmallFloat(dtype: PlainDtype): boolean {
  return LAYOUTS.has(dtype);
}

/** The number that each pattern of bits of a small float is; undefined for other dtypes. */
export function smallFloats(dtype: PlainDtype): Float32Array | undefined {
  const had = tables.get(dtype);
  if (had !== undefined) return had;
  const layout = LAYOUTS.get(dtype);
  if (layout === undefined) return undefined;
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
