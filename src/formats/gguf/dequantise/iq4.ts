/**
 * The four-bit types whose nibbles are looked up in a table of uneven steps.
 * Source: ggml `ggml-common.h` (block_iq4_nl, block_iq4_xs, kvalues_iq4nl), gguf-py `quants.py`.
 */
import { type DequantiseBlock, half, SUPER } from './block.ts';

const STEPS = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113] as const;

function step(nibble: number): number {
  return STEPS[nibble] as number;
}

/** A scale and 16 bytes of nibbles: the low ones are the first 16 elements. */
export const iq4NL: DequantiseBlock = (bytes, at, out, to) => {
  lookUp(bytes, at + 2, half(bytes, at), out, to);
};

/** A scale, six-bit scales of eight sub-blocks (two bytes of high bits, four of low ones), 128 bytes of nibbles. */
export const iq4XS: DequantiseBlock = (bytes, at, out, to) => {
  const scale = half(bytes, at);
  const highs = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
  for (let part = 0; part < SUPER / 32; part += 1) {
    const low = ((bytes[at + 4 + (part >> 1)] as number) >> ((part & 1) * 4)) & 15;
    const high = (highs >> (part * 2)) & 3;
    const own = Math.fround(scale * ((low | (high << 4)) - 32));
    lookUp(bytes, at + 8 + part * 16, own, out, to + part * 32);
  }
};

function lookUp(bytes: Uint8Array, at: number, scale: number, out: Float32Array, to: number): void {
  for (let i = 0; i < 16; i += 1) {
    const byte = bytes[at + i] as number;
    out[to + i] = scale * step(byte & 15);
    out[to + 16 + i] = scale * step(byte >> 4);
  }
}
