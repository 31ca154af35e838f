/** Whether a net is the gradient of something, as a denoiser of least squared error is. */
import type { NoiseSource } from '../../schedule/latent.ts';
import { type PredictionType, vpLevelOfSigma } from '../../schedule/prediction.ts';
import { type Levels, sigmaAt, timestepNear } from './levels.ts';
import { type Clean, dot, mix, noiseIn } from './mixing.ts';
import type { Question, Subject } from './subject.ts';

export interface SymmetryOptions {
  /** σ/α at which it is looked at. */
  readonly sigmas: readonly number[];
  /** Directions; each costs two runs a picture and level. */
  readonly directions: number;
}

/** Length of a step in a direction of unit variance: small beside the noise, large beside float32's rounding. */
const STEP = 0.05;

/**
 * The best guess at x₀ is (x + σ²·∇ ln p(x))/α (Tweedie; Robbins 1956), so its Jacobian J is symmetric, whatever the data.
 * From products uᵀJv and vᵀJu of random directions, by central differences: the root of the mean square of their
 * differences over that of their sums, which is ‖J − Jᵀ‖/‖J + Jᵀ‖ in expectation. 0 for a perfect net, 1 for a random map.
 */
export async function asymmetry(
  subject: Subject,
  type: PredictionType,
  levels: Levels,
  pictures: readonly Clean[],
  noise: NoiseSource,
  { sigmas, directions: count }: SymmetryOptions,
): Promise<number> {
  let [differences, sums] = [0, 0];
  for (const wanted of sigmas) {
    const timestep = timestepNear(levels, wanted);
    const sigma = sigmaAt(levels, timestep);
    let [apart, together] = [0, 0];
    for (const [condition, clean] of pictures.entries()) {
      const draw = (): Float32Array => noise(clean.length) as Float32Array;
      const sample = mix(clean, draw(), vpLevelOfSigma(sigma));
      const directions = Array.from({ length: count }, draw);
      const questions = directions.flatMap((direction): readonly Question[] =>
        [STEP, -STEP].map((step) => ({
          sample: sample.map((value, at) => value + step * (direction[at] as number)),
          timestep,
          condition,
        })),
      );
      const outputs = await subject.ask(questions);
      // x₀ = x/α − (σ/α)·ε: the factors do not matter, the two terms do
      const cleaned = questions.map((question, index) => {
        const epsilon = noiseIn(type, sigma, outputs[index] as Float32Array, question.sample);
        const part = sigma / Math.hypot(1, sigma);
        return question.sample.map((value, at) => value - part * (epsilon[at] as number));
      });
      const moved = directions.map((_, index) => {
        const [up, down] = [cleaned[2 * index] as Float32Array, cleaned[2 * index + 1] as Float32Array];
        return up.map((value, at) => value - (down[at] as number));
      });
      for (let i = 0; i < count; i += 1) {
        for (let j = 0; j < i; j += 1) {
          const [u, v] = [directions[i] as Float32Array, directions[j] as Float32Array];
          const [there, back] = [dot(u, moved[j] as Float32Array), dot(v, moved[i] as Float32Array)];
          apart += (there - back) ** 2;
          together += (there + back) ** 2;
        }
      }
    }
    // each level counts alike, however much passes through there
    differences += apart / (apart + together);
    sums += together / (apart + together);
  }
  return Math.sqrt(differences / sums);
}
