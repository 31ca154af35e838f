/** Samples mixed of a picture and noise, and sums over them. */
import type { NoiseSource } from '../../schedule/latent.ts';
import {
  type NoiseLevel,
  type PredictionType,
  toEpsilon,
  vpLevelOfSigma,
} from '../../schedule/prediction.ts';

/** A picture as the net is trained to draw them, [channels · height · width]. */
export type Clean = Float32Array;

/** x = α·x₀ + σ·ε of unit total variance. */
export function mix(clean: Clean, noise: Float32Array, { alpha, sigma }: NoiseLevel): Float32Array {
  return clean.map((value, index) => alpha * value + sigma * (noise[index] ?? 0));
}

/** The ε that an output stands for when the sample was mixed at σ/α = sigma. */
export function noiseIn(
  type: PredictionType,
  sigma: number,
  output: Float32Array,
  sample: Float32Array,
): Float32Array {
  return toEpsilon(type, vpLevelOfSigma(sigma), output, sample) as Float32Array;
}

/** x₀ = x/α − (σ/α)·ε, where sigma is σ/α. */
export function cleanOf(sample: Float32Array, epsilon: Float32Array, alpha: number, sigma: number): Clean {
  return sample.map((value, index) => value / alpha - sigma * (epsilon[index] as number));
}

export function dot(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] as number) * (b[index] as number);
  return sum;
}

/** Root mean square. */
export function rms(values: Float32Array): number {
  return Math.sqrt(dot(values, values) / values.length);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard error of the mean; 0 for a single value, which tells none. */
export function standardError(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1) / values.length);
}

/** `count` latents of standard normal noise. */
export function noises(source: NoiseSource, count: number, length: number): readonly Float32Array[] {
  return Array.from({ length: count }, () => source(length) as Float32Array);
}
