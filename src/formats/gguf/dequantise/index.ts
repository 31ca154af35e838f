/** Quantised tensors of GGML as float32, one file a family of types. */
import { type BlockDtype, blockOf } from '../../dtype.ts';
import type { DequantiseBlock } from './block.ts';
import { iq4NL, iq4XS } from './iq4.ts';
import { q2K, q3K, q4K, q5K, q6K } from './k.ts';
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from './legacy.ts';

/** The other quantised types are known by their size alone. */
const BY_DTYPE: ReadonlyMap<BlockDtype, DequantiseBlock> = new Map([
  ['Q4_0', q4_0],
  ['Q4_1', q4_1],
  ['Q5_0', q5_0],
  ['Q5_1', q5_1],
  ['Q8_0', q8_0],
  ['Q2_K', q2K],
  ['Q3_K', q3K],
  ['Q4_K', q4K],
  ['Q5_K', q5K],
  ['Q6_K', q6K],
  ['IQ4_NL', iq4NL],
  ['IQ4_XS', iq4XS],
]);

/** Whether blocks of the dtype can be turned into numbers. */
export function canDequantise(dtype: BlockDtype): boolean {
  return BY_DTYPE.has(dtype);
}

/**
 * The elements of a quantised tensor, in their order.
 * @throws {RangeError} for a dtype whose blocks are known by size alone, or bytes that are no whole blocks.
 */
export function dequantise(bytes: Uint8Array, dtype: BlockDtype): Float32Array {
  const one = BY_DTYPE.get(dtype);
  if (one === undefined) throw new RangeError(`${dtype} blocks cannot be turned into numbers`);
  const { elements, bytes: size } = blockOf(dtype);
  const blocks = bytes.byteLength / size;
  if (!Number.isInteger(blocks)) {
    throw new RangeError(`${bytes.byteLength} bytes are no whole number of ${dtype} blocks`);
  }
  const out = new Float32Array(blocks * elements);
  for (let index = 0; index < blocks; index += 1) one(bytes, index * size, out, index * elements);
  return out;
}
