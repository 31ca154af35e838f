/** Numbers on their way into and out of a graph that was not compiled here: brought to the kind that it reads and gives. */
import { decodeFloats } from '../formats/decode.ts';
import type { Dtype } from '../formats/dtype.ts';
import type { OwnPort } from './compile/index.ts';

/** Numbers with a shape, in C order. */
interface Given {
  readonly data: Float32Array | BigInt64Array;
  readonly dims: readonly number[];
}

/** What a runtime makes a tensor of. */
export interface OwnValues {
  readonly type: 'float32' | 'float16' | 'float64' | 'int64' | 'int32';
  readonly data: Float32Array | Uint16Array | Float64Array | BigInt64Array | Int32Array;
  readonly dims: readonly number[];
}

/** Values as the graph reads them. Whole numbers are rounded: diffusers gives its exports timesteps so. */
export function toOwn({ data, dims }: Given, { dtype, scalar }: OwnPort): OwnValues {
  const shape = scalar ? [] : dims;
  const numbers = data instanceof BigInt64Array ? Float64Array.from(data, Number) : data;
  switch (dtype) {
    case 'F16':
      return { type: 'float16', data: Uint16Array.from(numbers, toHalf), dims: shape };
    case 'F64':
      return { type: 'float64', data: Float64Array.from(numbers), dims: shape };
    case 'I64':
      return {
        type: 'int64',
        data: BigInt64Array.from(numbers, (value) => BigInt(Math.round(value))),
        dims: shape,
      };
    case 'I32':
      return { type: 'int32', data: Int32Array.from(numbers, Math.round), dims: shape };
    default:
      return { type: 'float32', data: Float32Array.from(numbers), dims: shape };
  }
}

/** What a graph gave, as single-precision numbers. */
export function fromOwn(data: ArrayBufferView, dtype: Dtype): Float32Array {
  if (data instanceof Float32Array) return data;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return decodeFloats(bytes, dtype);
}

const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** The bits of the half-precision number nearest to a value, of two as near the even one. Source: IEEE 754, binary16. */
function toHalf(value: number): number {
  FLOAT[0] = value;
  const bits = BITS[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00;
  // from 65520 on the nearest is infinity
  if (size >= 0x477ff000) return sign | 0x7c00;
  if (size < 0x38800000) {
    // steps of 2⁻²⁴ below the smallest normal number
    return sign | roundEven(Math.abs(FLOAT[0]) * 2 ** 24);
  }
  const rounded = size + 0xfff + ((size >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

function roundEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
