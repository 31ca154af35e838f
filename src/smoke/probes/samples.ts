/** Pictures that the net itself draws: what it is best asked about, when nothing is known of its data. */
import type { NoiseSource } from '../../schedule/latent.ts';
import { type PredictionType, vpLevelOfSigma } from '../../schedule/prediction.ts';
import { type Levels, sigmaAt, timestepNear } from './levels.ts';
import { type Clean, cleanOf, mix, noiseIn, noises } from './mixing.ts';
import { lengthOf, type Subject } from './subject.ts';

interface DrawOptions {
  readonly count: number;
  readonly steps: number;
  /** Which of the subject's conditions each picture is drawn under, by its index; the first where absent. */
  readonly condition?: (index: number) => number;
}

/** Drawn pictures, and the clean picture that the net saw at every step on the way. */
export interface Drawn {
  readonly pictures: readonly Clean[];
  /** [step][picture]: x₀ as predicted. */
  readonly guesses: readonly (readonly Clean[])[];
}

/** Where drawing starts: noise enough to hide any picture, and not so much that x₀ = (x − σε)/α is lost in rounding. */
const HIGHEST_SIGMA = 14;

/** Draws by DDIM (Song et al. 2020, η = 0), from evenly spaced timesteps down to x₀ itself. */
export async function drawSamples(
  subject: Subject,
  type: PredictionType,
  levels: Levels,
  noise: NoiseSource,
  { count, steps, condition = () => 0 }: DrawOptions,
): Promise<Drawn> {
  const top = timestepNear(levels, Math.min(HIGHEST_SIGMA, sigmaAt(levels, levels.logs.length - 1)));
  const timesteps = Array.from({ length: steps }, (_, step) => Math.round(top * (1 - step / steps)));
  const guesses: (readonly Clean[])[] = [];
  let samples = noises(noise, count, lengthOf(subject));
  for (const [step, timestep] of timesteps.entries()) {
    const questions = samples.map((sample, index) => ({ sample, timestep, condition: condition(index) }));
    const outputs = await subject.ask(questions);
    const sigma = sigmaAt(levels, timestep);
    const { alpha } = vpLevelOfSigma(sigma);
    const found = samples.map((sample, index) => {
      const epsilon = noiseIn(type, sigma, outputs[index] as Float32Array, sample);
      return { clean: cleanOf(sample, epsilon, alpha, sigma), epsilon };
    });
    guesses.push(found.map(({ clean }) => clean));
    const next = timesteps[step + 1];
    const level = next === undefined ? { alpha: 1, sigma: 0 } : vpLevelOfSigma(sigmaAt(levels, next));
    samples = found.map(({ clean, epsilon }) => mix(clean, epsilon, level));
  }
  return { pictures: samples, guesses };
}

/** How many pictures are drawn and polished, and in how many steps; `polish`: falling σ/α. */
export interface OwnOptions {
  readonly count: number;
  readonly steps: number;
  readonly polish: readonly number[];
}

/** How what is held against another way to compute the net draws them. */
export const OWN: OwnOptions = {
  count: 16,
  steps: 12,
  polish: [1, 0.7, 0.5, 0.35, 0.25, 0.17, 0.12, 0.08],
};

/** Pictures of the net's own, polished, each under the condition of its number. */
export async function ownPictures(
  subject: Subject,
  type: PredictionType,
  levels: Levels,
  noise: NoiseSource,
  { count, steps, polish }: OwnOptions,
): Promise<readonly Clean[]> {
  const condition = (index: number): number => index;
  const { pictures } = await drawSamples(subject, type, levels, noise, { count, steps, condition });
  return polished(subject, type, levels, pictures, noise, polish);
}

/**
 * Noises pictures a little and takes what the net makes of them, at falling σ/α. What drawing left rough, because the
 * net is not perfect or the steps are few, is taken for noise and goes; what stays is what the net holds for a picture.
 */
export async function polished(
  subject: Subject,
  type: PredictionType,
  assumed: Levels,
  pictures: readonly Clean[],
  noise: NoiseSource,
  sigmas: readonly number[],
): Promise<readonly Clean[]> {
  let cleaner = pictures;
  for (const wanted of sigmas) {
    const timestep = timestepNear(assumed, wanted);
    const sigma = sigmaAt(assumed, timestep);
    const level = vpLevelOfSigma(sigma);
    const samples = cleaner.map((clean) => mix(clean, noise(clean.length) as Float32Array, level));
    const outputs = await subject.ask(samples.map((sample, condition) => ({ sample, timestep, condition })));
    cleaner = samples.map((sample, index) => {
      const epsilon = noiseIn(type, sigma, outputs[index] as Float32Array, sample);
      return cleanOf(sample, epsilon, level.alpha, sigma);
    });
  }
  return cleaner;
}
