/**
 * Reproducible normal noise: Philox4x32-10 (Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3") for
 * the bits, Box–Muller for the normal numbers. The same seed gives the same numbers on every machine up to the last
 * bits of Math.log, Math.sin and Math.cos. They are not torch's numbers: torch lays its generator out differently.
 */
import type { NoiseSource } from './latent.ts';

/** Multipliers and key increments of Philox4x32 (table 2 and section 3.3 of the paper). */
const [MULTIPLIER_0, MULTIPLIER_1] = [0xd2511f53, 0xcd9e8d57];
const [WEYL_0, WEYL_1] = [0x9e3779b9, 0xbb67ae85];
const ROUNDS = 10;

type Block = readonly [number, number, number, number];

/** The upper half of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  return Number((BigInt(a) * BigInt(b)) >> 32n);
}

/** Four unsigned 32-bit random numbers for a counter and a key of unsigned 32-bit words. */
export function philox(counter: Block, key: readonly [number, number]): Block {
  let [a, b, c, d] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < ROUNDS; round++) {
    const [high0, high1] = [multiplyHigh(MULTIPLIER_0, a), multiplyHigh(MULTIPLIER_1, c)];
    const [low0, low1] = [Math.imul(MULTIPLIER_0, a) >>> 0, Math.imul(MULTIPLIER_1, c) >>> 0];
    [a, b, c, d] = [(high1 ^ b ^ k0) >>> 0, low1, (high0 ^ d ^ k1) >>> 0, low0];
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  return [a, b, c, d];
}

/** A uniform number in (0, 1): never 0, whose logarithm Box–Muller could not take. */
function uniform(bits: number): number {
  return (bits + 0.5) / 2 ** 32;
}

/** Two independent standard normal numbers from two words of random bits (Box & Muller 1958). */
function boxMuller(bits0: number, bits1: number): readonly [number, number] {
  const radius = Math.sqrt(-2 * Math.log(uniform(bits0)));
  const angle = 2 * Math.PI * uniform(bits1);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/**
 * A stream of standard normal numbers; each call goes on where the last one ended, four numbers a block, what is
 * left of a block dropped.
 * @throws {RangeError} when the seed is not a whole number from 0 to 2⁵³ − 1.
 */
export function normalNoise(seed: number): NoiseSource {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`seed ${seed}: a whole number from 0 is needed`);
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32)] as const;
  let block = 0;
  return (length) => {
    const values = new Float32Array(length);
    for (let start = 0; start < length; start += 4) {
      const [a, b, c, d] = philox([block >>> 0, Math.floor(block / 2 ** 32), 0, 0], key);
      const normals = [...boxMuller(a, b), ...boxMuller(c, d)];
      values.set(normals.slice(0, length - start), start);
      block++;
    }
    return values;
  };
}
