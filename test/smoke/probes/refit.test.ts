import { describe, expect, test } from 'vitest';
import { normalNoise } from '../../../src/schedule/noise.ts';
import {
  PREDICTION_TYPES,
  type PredictionType,
  toOutput,
  vpLevelOfSigma,
} from '../../../src/schedule/prediction.ts';
import { knownLevels, type Levels, sigmaAt, timestepNear } from '../../../src/smoke/probes/levels.ts';
import { mix, noises } from '../../../src/smoke/probes/mixing.ts';
import { refit } from '../../../src/smoke/probes/refit.ts';
import type { OpenSubject, Question } from '../../../src/smoke/probes/subject.ts';
import { gaussianPicture, gaussianSubject } from './gaussian.ts';

const LEVELS = knownLevels(1000).find(({ id }) => id === 'sd') as Levels;
const OPTIONS = { sigmas: [0.4, 1], repeats: 2 };
const PICTURES = (() => {
  const noise = normalNoise(11);
  return Array.from({ length: 12 }, () => gaussianPicture(noise));
})();

/** What is done to the output of a perfect net, out of the sample that it was given. */
type Damage = (output: Float32Array, sample: Float32Array, timestep: number) => Float32Array;

/** A perfect net whose last layer reads its output and the sample, and so could undo what is done to it. */
function layered(type: PredictionType, damage: Damage, extra = 0): OpenSubject {
  const subject = gaussianSubject(type, LEVELS);
  return {
    ...subject,
    async look(questions: readonly Question[]) {
      const outputs = await subject.ask(questions);
      return questions.map(({ sample, timestep }, index) => {
        const output = damage(outputs[index] as Float32Array, sample, timestep);
        const features = new Float32Array(output.length + sample.length + extra * 256);
        features.set(output);
        features.set(sample, output.length);
        return { output, features };
      });
    },
  };
}

const NOTHING: Damage = (output) => output;
/** Adds a part of the sample, moved by so many places. */
const adding =
  (weight: number, places: number): Damage =>
  (output, sample) =>
    output.map((value, at) => value + weight * (sample[(at + places) % sample.length] as number));

describe.each(PREDICTION_TYPES)('a new fit of the last layer of a net of %s', (type) => {
  test('takes nothing of a perfect one', async () => {
    const { share, error } = await refit(
      layered(type, NOTHING),
      type,
      LEVELS,
      PICTURES,
      normalNoise(3),
      OPTIONS,
    );
    expect(error).toBeLessThan(0.02);
    expect(Math.abs(share)).toBeLessThan(3 * error);
  });

  test('takes what was added, in a share that is known', async () => {
    const [bare, spoilt] = [layered(type, NOTHING), layered(type, adding(0.2, 0))];
    const found = await refit(spoilt, type, LEVELS, PICTURES, normalNoise(3), OPTIONS);
    const [least, missed] = [await missedBy(bare, type), await missedBy(spoilt, type)];
    const due = least.reduce((sum, value, level) => sum + 1 - value / (missed[level] as number), 0) / 2;
    expect(due).toBeGreaterThan(0.1);
    expect(Math.abs(found.share - due)).toBeLessThan(0.05 * due + 3 * found.error);
  });
});

/** ‖missed‖² at each level, by the same noises. */
async function missedBy(subject: OpenSubject, type: PredictionType): Promise<readonly number[]> {
  const noise = normalNoise(3);
  const sums: number[] = [];
  for (const wanted of OPTIONS.sigmas) {
    const timestep = timestepNear(LEVELS, wanted);
    const level = vpLevelOfSigma(sigmaAt(LEVELS, timestep));
    let sum = 0;
    for (let repeat = 0; repeat < OPTIONS.repeats; repeat += 1) {
      const given = noises(noise, PICTURES.length, 512);
      const looks = await subject.look(
        PICTURES.map((clean, at) => ({ sample: mix(clean, given[at] as Float32Array, level), timestep })),
      );
      for (const [at, { output }] of looks.entries()) {
        const due = toOutput(type, level, PICTURES[at] as Float32Array, given[at] as Float32Array);
        sum += output.reduce((own, value, place) => own + (value - (due[place] as number)) ** 2, 0);
      }
    }
    sums.push(sum);
  }
  return sums;
}

test('sees what lies beside a place only where kernels are fitted whole', async () => {
  const beside = adding(0.3, 1);
  const few = await refit(layered('epsilon', beside), 'epsilon', LEVELS, PICTURES, normalNoise(3), OPTIONS);
  const many = await refit(
    layered('epsilon', beside, 70),
    'epsilon',
    LEVELS,
    PICTURES,
    normalNoise(3),
    OPTIONS,
  );
  expect(few.share).toBeGreaterThan(2 * many.share);
});
