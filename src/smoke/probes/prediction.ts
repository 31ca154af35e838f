/** What a net predicts, read off what it makes of pure noise and of a nearly clean sample. */
import type { NoiseSource } from '../../schedule/latent.ts';
import { type PredictionType, vpLevelOfSigma } from '../../schedule/prediction.ts';
import type { PredictionReading } from './assessment.ts';
import { type Levels, sigmaAt, timestepNear } from './levels.ts';
import { dot, mean, mix, noiseIn, noises, standardError } from './mixing.ts';
import { drawSamples } from './samples.ts';
import { lengthOf, type Subject } from './subject.ts';

/** Standard deviation of the smooth field, about that of pictures in −1 … 1. */
const FIELD = 0.5;

/** σ/α of the noised field: what most schedules have at a tenth of the way. */
const LEVEL = vpLevelOfSigma(0.35);

/**
 * Reads the prediction type off 2 · `count` runs. With x = α·x₀ + σ·ε: at the last timestep, where α ≈ 0 and σ ≈ 1, the
 * output for pure noise is that noise for ε, and next to none of it for v = α·ε − σ·x₀ and for x₀. At a low one, on a
 * noised field, v holds most of the noise, and x₀ the field and little of the noise; that the field is none of the
 * pictures that the net knows takes a part of either, and never so much that one looks like the other.
 * @param noise fresh noise
 */
export async function readPrediction(
  subject: Subject,
  noise: NoiseSource,
  count: number,
): Promise<PredictionReading> {
  const drawn = noises(noise, count, lengthOf(subject));
  const fields = noises(noise, count, lengthOf(subject)).map((values) => smoothed(values, subject));
  const outputs = await subject.ask([
    ...drawn.map((sample) => ({ sample, timestep: subject.timesteps - 1 })),
    ...fields.map((field, index) => ({
      sample: mix(field, drawn[index] as Float32Array, LEVEL),
      timestep: Math.round(subject.timesteps / 10),
    })),
  ]);
  const slopes = drawn.map(
    (sample, index) => dot(outputs[index] as Float32Array, sample) / dot(sample, sample),
  );
  const shares = fields.map((field, index) =>
    parts(outputs[count + index] as Float32Array, field, drawn[index] as Float32Array),
  );
  const columns = [slopes, shares.map(([first]) => first), shares.map(([, second]) => second)];
  const [noiseSlope = 0, pictureShare = 0, noiseShare = 0] = columns.map(mean);
  if (!columns.flat().every(Number.isFinite)) {
    return { noiseSlope: 0, noiseShare: 0, pictureShare: 0, slopeError: 0 };
  }
  const type = typeOf(noiseSlope, noiseShare, pictureShare);
  const slopeError = standardError(slopes);
  return { noiseSlope, noiseShare, pictureShare, slopeError, ...(type === undefined ? {} : { type }) };
}

/** Anything outside the bands is unknown: a damaged net, or one that predicts something else. */
function typeOf(slope: number, noise: number, picture: number): PredictionType | undefined {
  if (noise > 0.35 && slope > 0.8 && slope < 1.2) return 'epsilon';
  if (Math.abs(slope) > 0.35) return undefined;
  if (noise > 0.35) return 'v_prediction';
  return picture > 0.6 && picture < 1.4 && noise < 0.25 ? 'sample' : undefined;
}

/** How much of each of two fields is in an output, by least squares. */
function parts(output: Float32Array, a: Float32Array, b: Float32Array): readonly [number, number] {
  const [aa, ab, bb] = [dot(a, a), dot(a, b), dot(b, b)];
  const [oa, ob] = [dot(output, a), dot(output, b)];
  const determinant = aa * bb - ab * ab;
  return [(oa * bb - ob * ab) / determinant, (ob * aa - oa * ab) / determinant];
}

/** Noise averaged over 3×3 pixels three times, brought to the deviation of pictures. */
function smoothed(values: Float32Array, { height, width }: Subject): Float32Array {
  let field = values;
  for (let pass = 0; pass < 3; pass += 1) {
    const from = field;
    field = from.map((_, index) => {
      const [x, row] = [index % width, Math.floor(index / width)];
      const [y, plane] = [row % height, Math.floor(row / height) * height];
      let sum = 0;
      for (let dy = -1; dy <= 1; dy += 1) {
        for (let dx = -1; dx <= 1; dx += 1) {
          const at = (plane + ((y + dy + height) % height)) * width + ((x + dx + width) % width);
          sum += from[at] as number;
        }
      }
      return sum / 9;
    });
  }
  const scale = FIELD / Math.sqrt(dot(field, field) / field.length);
  return field.map((value) => value * scale);
}

/** σ/α at which a guess at the type is tried out, and the error up to which it is right. */
const [TRIED, RIGHT] = [1, 0.25];

/**
 * Where the slopes leave it open between v and x₀, draws as each of them: only the true one can find the noise again
 * that was added to its own pictures.
 */
export async function confirmed(
  subject: Subject,
  reading: PredictionReading,
  levels: Levels,
  noise: NoiseSource,
): Promise<PredictionReading> {
  if (reading.type !== undefined || Math.abs(reading.noiseSlope) > 0.35) return reading;
  const timestep = timestepNear(levels, TRIED);
  const sigma = sigmaAt(levels, timestep);
  for (const type of ['v_prediction', 'sample'] as const) {
    const { pictures } = await drawSamples(subject, type, levels, noise, { count: 2, steps: 8 });
    const given = noises(noise, pictures.length, lengthOf(subject));
    const samples = pictures.map((clean, index) =>
      mix(clean, given[index] as Float32Array, vpLevelOfSigma(sigma)),
    );
    const outputs = await subject.ask(samples.map((sample) => ({ sample, timestep })));
    const errors = samples.map((sample, index) => {
      const epsilon = noiseIn(type, sigma, outputs[index] as Float32Array, sample);
      const off = epsilon.map((value, at) => value - (given[index]?.[at] as number));
      return dot(off, off) / off.length;
    });
    if (mean(errors) < RIGHT) return { ...reading, type };
  }
  return reading;
}
