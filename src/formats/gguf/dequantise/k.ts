/**
 * The K types: 256 elements in sub-blocks of 16 or 32, each with a small whole number as its scale, and a
 * half-precision scale over all of them. Q2_K, Q4_K and Q5_K have minima in the same way.
 * Source: ggml `ggml-common.h` (block_q2_K … block_q6_K), gguf-py `quants.py`.
 */
import { type DequantiseBlock, half, signed, SUPER } from './block.ts';

/** 16 bytes of scales and minima, 64 of two-bit elements, the two scales over them. */
export const q2K: DequantiseBlock = (bytes, at, out, to) => {
  const scale = half(bytes, at + 80);
  const least = half(bytes, at + 82);
  for (let part = 0; part < SUPER / 16; part += 1) {
    const both = bytes[at + part] as number;
    const own = Math.fround(scale * (both & 15));
    const below = Math.fround(least * (both >> 4));
    for (let i = part * 16; i < part * 16 + 16; i += 1) {
      out[to + i] = Math.fround(own * twoBits(bytes, at + 16, i)) - below;
    }
  }
};

/** Two-bit elements: 32 bytes hold elements 0 to 31 in their lowest bits, 32 to 63 in the next, and so on. */
function twoBits(bytes: Uint8Array, at: number, i: number): number {
  return ((bytes[at + (i >> 7) * 32 + (i & 31)] as number) >> (((i >> 5) & 3) * 2)) & 3;
}

/** 32 bytes of third bits, 64 of two-bit elements, 12 of six-bit scales, the scale over them. */
export const q3K: DequantiseBlock = (bytes, at, out, to) => {
  const scale = half(bytes, at + 108);
  for (let part = 0; part < SUPER / 16; part += 1) {
    const low = ((bytes[at + 96 + (part & 7)] as number) >> ((part >> 3) * 4)) & 15;
    const high = ((bytes[at + 104 + (part & 3)] as number) >> ((part >> 2) * 2)) & 3;
    const own = Math.fround(scale * ((low | (high << 4)) - 32));
    for (let i = part * 16; i < part * 16 + 16; i += 1) {
      // a third bit that is not set takes four away
      const third = ((bytes[at + (i & 31)] as number) >> (i >> 5)) & 1;
      out[to + i] = own * (twoBits(bytes, at + 32, i) - (third === 1 ? 0 : 4));
    }
  }
};

/**
 * The scale of sub-block `j` of Q4_K and Q5_K: six bits; those of the last four are spread over the third
 * group of four bytes and the top bits of the first.
 */
function sixBitScale(bytes: Uint8Array, at: number, j: number): number {
  if (j < 4) return (bytes[at + j] as number) & 63;
  return ((bytes[at + 4 + j] as number) & 15) | (((bytes[at + j - 4] as number) >> 6) << 4);
}

/** The minimum of sub-block `j`, laid out like the scales. */
function sixBitLeast(bytes: Uint8Array, at: number, j: number): number {
  if (j < 4) return (bytes[at + 4 + j] as number) & 63;
  return ((bytes[at + 4 + j] as number) >> 4) | (((bytes[at + j] as number) >> 6) << 4);
}

/** Two scales, 12 bytes of scales and minima, 128 of nibbles. */
export const q4K: DequantiseBlock = (bytes, at, out, to) => {
  nibbles(bytes, at, at + 16, undefined, out, to);
};

/** As Q4_K, with 32 bytes of fifth bits before the nibbles. */
export const q5K: DequantiseBlock = (bytes, at, out, to) => {
  nibbles(bytes, at, at + 48, at + 16, out, to);
};

function nibbles(
  bytes: Uint8Array,
  at: number,
  low: number,
  high: number | undefined,
  out: Float32Array,
  to: number,
): void {
  const scale = half(bytes, at);
  const least = half(bytes, at + 2);
  for (let part = 0; part < SUPER / 32; part += 1) {
    const own = Math.fround(scale * sixBitScale(bytes, at + 4, part));
    const below = Math.fround(least * sixBitLeast(bytes, at + 4, part));
    for (let i = 0; i < 32; i += 1) {
      const byte = bytes[low + (part >> 1) * 32 + i] as number;
      const fifth = high === undefined ? 0 : (((bytes[high + i] as number) >> part) & 1) << 4;
      const element = ((part & 1) === 0 ? byte & 15 : byte >> 4) | fifth;
      out[to + part * 32 + i] = Math.fround(own * element) - below;
    }
  }
}

/** 128 bytes of low nibbles, 64 of the two bits above them, 16 signed scales, the scale over them. */
export const q6K: DequantiseBlock = (bytes, at, out, to) => {
  const scale = half(bytes, at + 208);
  for (let part = 0; part < SUPER / 16; part += 1) {
    const own = Math.fround(scale * signed(bytes[at + 192 + part] as number));
    for (let i = part * 16; i < part * 16 + 16; i += 1) {
      const byte = bytes[at + (i >> 7) * 64 + (i & 63)] as number;
      const nibble = (i & 64) === 0 ? byte & 15 : byte >> 4;
      out[to + i] = own * ((nibble | (twoBits(bytes, at + 128, i) << 4)) - 32);
    }
  }
};
