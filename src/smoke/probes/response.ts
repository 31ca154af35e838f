/** Whether the output moves with what the net is fed beside the sample, and by how much. */
import { type PredictionType, vpLevelOfSigma } from '../../schedule/prediction.ts';
import { type Levels, sigmaAt, timestepNear } from './levels.ts';
import { type Clean, cleanOf, mean, mix, noiseIn, rms } from './mixing.ts';
import type { Subject } from './subject.ts';

/** How far outputs lie apart, beside how far noise alone brings them apart. */
export interface Response {
  /** Root mean square of the change of x₀ as predicted, over that of x₀. */
  readonly change: number;
  /** The same where only the noise is another. */
  readonly noise: number;
}

/** σ/α where the net still decides what the picture shows. */
const DECIDING = 3;

/** σ/α where most of a schedule's own shape shows, and how far apart in ln(σ/α) the timesteps are taken. */
const [MIDDLE, APART] = [0.8, 0.7];

/** Each picture's noised self asked about at two timesteps: relative change of the output. */
export async function timeResponse(
  subject: Subject,
  levels: Levels,
  pictures: readonly Clean[],
  noise: readonly Float32Array[],
): Promise<number> {
  const samples = pictures.map((clean, index) =>
    mix(clean, noise[index] as Float32Array, vpLevelOfSigma(MIDDLE)),
  );
  const timesteps = [-APART, APART].map((shift) => timestepNear(levels, MIDDLE * Math.exp(shift)));
  const outputs = await subject.ask(
    timesteps.flatMap((timestep) => samples.map((sample, condition) => ({ sample, timestep, condition }))),
  );
  const [low, high] = [outputs.slice(0, samples.length), outputs.slice(samples.length)];
  return mean(low.map((output, index) => distance(output, high[index] as Float32Array) / rms(output)));
}

/** One sample under each of the conditions named, and another noise under the first. */
export async function conditionResponse(
  subject: Subject,
  type: PredictionType,
  levels: Levels,
  clean: Clean,
  noise: readonly [Float32Array, Float32Array],
  conditions: readonly number[],
): Promise<readonly Response[]> {
  const timestep = timestepNear(levels, DECIDING);
  const sigma = sigmaAt(levels, timestep);
  const level = vpLevelOfSigma(sigma);
  const [sample, other] = noise.map((each) => mix(clean, each, level)) as [Float32Array, Float32Array];
  const [first = 0] = conditions;
  const questions = [
    { sample: other, timestep, condition: first },
    ...conditions.map((condition) => ({ sample, timestep, condition })),
  ];
  const outputs = await subject.ask(questions);
  const guesses = questions.map((question, index) =>
    cleanOf(
      question.sample,
      noiseIn(type, sigma, outputs[index] as Float32Array, question.sample),
      level.alpha,
      sigma,
    ),
  );
  const [elsewhere, here, ...others] = guesses as [Float32Array, Float32Array, ...Float32Array[]];
  const size = rms(here);
  const apart = distance(elsewhere, here) / size;
  return others.map((each) => ({ change: distance(each, here) / size, noise: apart }));
}

function distance(a: Float32Array, b: Float32Array): number {
  return rms(a.map((value, index) => value - (b[index] as number)));
}
