import { smallFloats } from '../../small-float.ts';

/**
 * Turns one block into numbers. `at` is where its bytes begin in `bytes`, `to` where its numbers go in `out`.
 * Every step is rounded to float32, as the reference does it: a product or sum of two float32 in a double
 * is exact enough that rounding it once more gives the float32 result (53 bits are more than twice 24).
 */
export type DequantiseBlock = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;

let halves: Float32Array | undefined;

/** The half-precision number at `at`. */
export function half(bytes: Uint8Array, at: number): number {
  halves ??= smallFloats('F16') as Float32Array;
  return halves[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] as number;
}

/** A byte as a signed number. */
export function signed(byte: number): number {
  return (byte << 24) >> 24;
}

/** Elements of a block of the K types, and of IQ4_XS. */
export const SUPER = 256;
