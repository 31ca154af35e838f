import { decodeFloats } from './decode.ts';
import { bitsOf, type Dtype, isBlock } from './dtype.ts';
import { smallFloats } from './small-float.ts';

/** Runs of neighbouring elements, evenly spaced. */
export interface Runs {
  readonly first: number;
  readonly length: number;
  /** One where absent. */
  readonly count?: number;
  /** From the start of one to that of the next. */
  readonly stride?: number;
}

/** Elements that become float32 where they are asked for: of a wide layer a few channels are wanted, and decoding takes longest. */
export class Elements {
  readonly #codes: Uint16Array | Uint8Array | Float32Array;
  /** The number that each code stands for; absent where they are numbers. */
  readonly #table: Float32Array | undefined;

  constructor(codes: Uint16Array | Uint8Array | Float32Array, table?: Float32Array) {
    this.#codes = codes;
    this.#table = table;
  }

  /** Puts runs one behind the other into an array, from `at` on. */
  copy({ first, length, count = 1, stride = 0 }: Runs, into: Float32Array, at: number): void {
    const [codes, table] = [this.#codes, this.#table];
    let to = at;
    for (let run = 0; run < count; run += 1) {
      const start = first + run * stride;
      for (let from = start; from < start + length; from += 1) {
        const code = codes[from] as number;
        into[to] = table === undefined ? code : (table[code] as number);
        to += 1;
      }
    }
  }
}

/**
 * The elements that lie in `bytes` (little-endian). They are read where they lie: the bytes must not change.
 * @throws {RangeError} as `decodeFloats`.
 */
export function elementsOf(bytes: Uint8Array, dtype: Dtype): Elements {
  const { buffer, byteOffset, byteLength } = bytes;
  const lies = (size: number): boolean => byteOffset % size === 0 && byteLength % size === 0;
  if (dtype === 'F32' && lies(4)) return new Elements(new Float32Array(buffer, byteOffset, byteLength / 4));
  const table = isBlock(dtype) ? undefined : smallFloats(dtype);
  if (table === undefined || isBlock(dtype) || !lies(bitsOf(dtype) / 8)) {
    return new Elements(decodeFloats(bytes, dtype));
  }
  return new Elements(
    bitsOf(dtype) === 8 ? bytes : new Uint16Array(buffer, byteOffset, byteLength / 2),
    table,
  );
}
