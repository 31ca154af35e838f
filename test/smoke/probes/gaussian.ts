/** Perfect denoisers of data whose distribution is known, to hold the probes to exact answers. */
import type { NoiseSource } from '../../../src/schedule/latent.ts';
import { type PredictionType, toOutput, vpLevelOfSigma } from '../../../src/schedule/prediction.ts';
import { type Levels, logAt } from '../../../src/smoke/probes/levels.ts';
import type { Question, Subject } from '../../../src/smoke/probes/subject.ts';

const [CHANNELS, SIDE] = [2, 16];

/** Of n = 16 · 16 pixels along one axis: orthonormal cosines (DCT-II). */
const BASIS = Array.from({ length: SIDE }, (_, k) =>
  Array.from(
    { length: SIDE },
    (_, n) => Math.sqrt((k === 0 ? 1 : 2) / SIDE) * Math.cos((Math.PI * (n + 0.5) * k) / SIDE),
  ),
);

/** Variances of the cosines of each channel: most in the slow ones, as pictures have it. */
function variance(ky: number, kx: number): number {
  return 6 / (0.5 + ky ** 2 + kx ** 2) ** 1.5;
}

/** From pixels to cosines, or back. */
function transform(values: Float32Array, back: boolean): Float32Array {
  let from = values;
  for (const axis of [0, 1]) {
    const to = new Float32Array(from.length);
    for (let channel = 0; channel < CHANNELS; channel += 1) {
      for (let fixed = 0; fixed < SIDE; fixed += 1) {
        const at = (moving: number): number =>
          channel * SIDE * SIDE + (axis === 0 ? fixed * SIDE + moving : moving * SIDE + fixed);
        for (let k = 0; k < SIDE; k += 1) {
          let sum = 0;
          for (let n = 0; n < SIDE; n += 1) {
            const weight = back ? BASIS[n]?.[k] : BASIS[k]?.[n];
            sum += (weight as number) * (from[at(n)] as number);
          }
          to[at(k)] = sum;
        }
      }
    }
    from = to;
  }
  return from;
}

function weighed(values: Float32Array, weight: (variance: number) => number): Float32Array {
  const spectrum = transform(values, false).map((value, index) => {
    const [ky, kx] = [Math.floor(index / SIDE) % SIDE, index % SIDE];
    return value * weight(variance(ky, kx));
  });
  return transform(spectrum, true);
}

/** A picture of that distribution. */
export function gaussianPicture(noise: NoiseSource): Float32Array {
  return weighed(noise(CHANNELS * SIDE * SIDE) as Float32Array, Math.sqrt);
}

/**
 * The posterior mean of x₀ for Gaussian data, put out as ε, v or x₀: exactly what an ideal training on the schedule
 * ends in. `damage` is applied to x₀.
 */
export function gaussianSubject(
  type: PredictionType,
  levels: Levels,
  damage: (clean: Float32Array) => Float32Array = (clean) => clean,
): Subject {
  return {
    channels: CHANNELS,
    height: SIDE,
    width: SIDE,
    timesteps: levels.logs.length,
    async ask(questions: readonly Question[]) {
      return questions.map(({ sample, timestep }) => {
        const level = vpLevelOfSigma(Math.exp(logAt(levels, timestep)));
        const { alpha, sigma } = level;
        const clean = damage(weighed(sample, (s) => (alpha * s) / (alpha ** 2 * s + sigma ** 2)));
        const epsilon = sample.map((value, index) => (value - alpha * (clean[index] as number)) / sigma);
        return toOutput(type, level, clean, epsilon) as Float32Array;
      });
    },
  };
}
