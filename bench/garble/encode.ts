/** Numbers as bytes of a dtype: the way back of `decodeFloats`. */
import type { PlainDtype } from '../../src/formats/dtype.ts';
import { smallFloats } from '../../src/formats/small-float.ts';

/**
 * Rounds numbers to a dtype, to the nearest, ties to even. What is beyond its range becomes infinite, or NaN where the
 * dtype has no infinity, as a plain cast does.
 */
export function encodeFloats(values: Float32Array, dtype: PlainDtype): Uint8Array {
  switch (dtype) {
    case 'F32':
      return new Uint8Array(values.slice().buffer);
    case 'BF16':
      return new Uint8Array(Uint16Array.from(bitsOf(values), toBf16).buffer);
    case 'I8':
      return new Uint8Array(Int8Array.from(values, Math.round).buffer);
    default: {
      const code = coder(dtype);
      const codes = dtype === 'F16' ? new Uint16Array(values.length) : new Uint8Array(values.length);
      for (let index = 0; index < values.length; index += 1) codes[index] = code(values[index] as number);
      return new Uint8Array(codes.buffer);
    }
  }
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.slice().buffer);
}

function toBf16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return 0x7fc0;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** Codes that are positive numbers, ascending: in every small float the codes of positive numbers are in order. */
interface Positive {
  readonly numbers: Float32Array;
  /** Half of all codes: the sign's bit. */
  readonly sign: number;
  /** What a number beyond the largest becomes. */
  readonly beyond: number;
}

const positives = new Map<PlainDtype, Positive>();

function positiveOf(dtype: PlainDtype): Positive {
  const had = positives.get(dtype);
  if (had !== undefined) return had;
  const table = smallFloats(dtype);
  if (table === undefined) throw new RangeError(`${dtype} is not written here`);
  const sign = table.length / 2;
  const beyond = table.subarray(0, sign).findIndex((value) => !Number.isFinite(value));
  const made = { numbers: table.subarray(0, beyond), sign, beyond };
  positives.set(dtype, made);
  return made;
}

function coder(dtype: PlainDtype): (value: number) => number {
  const { numbers, sign, beyond } = positiveOf(dtype);
  const largest = numbers.at(-1) as number;
  const step = largest - (numbers.at(-2) as number);
  return (value) => {
    if (Number.isNaN(value)) return sign - 1;
    const size = Math.abs(value);
    const negative = value < 0 || Object.is(value, -0) ? sign : 0;
    if (size >= largest + step / 2) return negative + beyond;
    return negative + nearest(numbers, size);
  };
}

function nearest(numbers: Float32Array, size: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((numbers[middle] as number) <= size) low = middle;
    else high = middle - 1;
  }
  const above = numbers[low + 1];
  if (above === undefined) return low;
  const [down, up] = [size - (numbers[low] as number), above - size];
  if (down === up) return low + (low & 1);
  return down < up ? low : low + 1;
}
