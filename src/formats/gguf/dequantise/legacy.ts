/**
 * The first quantised types: 32 elements, one half-precision scale, and for the `_1` types a minimum. Low
 * nibbles are the first 16 elements, high ones the last; the 5-bit types keep the fifth bits in four bytes.
 * Source: ggml `ggml-common.h` (block_q4_0 … block_q8_0), gguf-py `quants.py`.
 */
import { type DequantiseBlock, half, signed } from './block.ts';

const HALF_BLOCK = 16;

export const q4_0: DequantiseBlock = (bytes, at, out, to) => {
  const scale = half(bytes, at);
  for (let i = 0; i < HALF_BLOCK; i += 1) {
    const byte = bytes[at + 2 + i] as number;
    out[to + i] = scale * ((byte & 15) - 8);
    out[to + HALF_BLOCK + i] = scale * ((byte >> 4) - 8);
  }
};

export const q4_1: DequantiseBlock = (bytes, at, out, to) => {
  const scale = half(bytes, at);
  const least = half(bytes, at + 2);
  for (let i = 0; i < HALF_BLOCK; i += 1) {
    const byte = bytes[at + 4 + i] as number;
    out[to + i] = Math.fround(scale * (byte & 15)) + least;
    out[to + HALF_BLOCK + i] = Math.fround(scale * (byte >> 4)) + least;
  }
};

/** The fifth bit of element `i`, in its place. */
function fifth(bytes: Uint8Array, at: number, i: number): number {
  return (((bytes[at + (i >> 3)] as number) >> (i & 7)) & 1) << 4;
}

export const q5_0: DequantiseBlock = (bytes, at, out, to) => {
  const scale = half(bytes, at);
  for (let i = 0; i < HALF_BLOCK; i += 1) {
    const byte = bytes[at + 6 + i] as number;
    const j = HALF_BLOCK + i;
    out[to + i] = scale * (((byte & 15) | fifth(bytes, at + 2, i)) - 16);
    out[to + j] = scale * (((byte >> 4) | fifth(bytes, at + 2, j)) - 16);
  }
};

export const q5_1: DequantiseBlock = (bytes, at, out, to) => {
  const scale = half(bytes, at);
  const least = half(bytes, at + 2);
  for (let i = 0; i < HALF_BLOCK; i += 1) {
    const byte = bytes[at + 8 + i] as number;
    const j = HALF_BLOCK + i;
    out[to + i] = Math.fround(scale * ((byte & 15) | fifth(bytes, at + 4, i))) + least;
    out[to + j] = Math.fround(scale * ((byte >> 4) | fifth(bytes, at + 4, j))) + least;
  }
};

export const q8_0: DequantiseBlock = (bytes, at, out, to) => {
  const scale = half(bytes, at);
  for (let i = 0; i < 2 * HALF_BLOCK; i += 1) out[to + i] = scale * signed(bytes[at + 2 + i] as number);
};
