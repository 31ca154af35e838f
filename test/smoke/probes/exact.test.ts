import { describe, expect, test } from 'vitest';
import { normalNoise } from '../../../src/schedule/noise.ts';
import { PREDICTION_TYPES } from '../../../src/schedule/prediction.ts';
import { knownLevels, type Levels, logAt, sigmaAt, timestepNear } from '../../../src/smoke/probes/levels.ts';
import { noises } from '../../../src/smoke/probes/mixing.ts';
import { readPoints } from '../../../src/smoke/probes/points.ts';
import { readPrediction } from '../../../src/smoke/probes/prediction.ts';
import { timeResponse } from '../../../src/smoke/probes/response.ts';
import { readSchedule } from '../../../src/smoke/probes/schedule.ts';
import { asymmetry } from '../../../src/smoke/probes/symmetry.ts';
import { gaussianPicture, gaussianSubject } from './gaussian.ts';

function known(id: string): Levels {
  const levels = knownLevels(1000).find((each) => each.id === id);
  if (levels === undefined) throw new Error(`no schedule ${id}`);
  return levels;
}

const EFFORT = { pictures: 4, more: 4, steps: 12, polish: [], spacing: 0.36, rereads: 2, tried: 16 };
const SYMMETRY = { sigmas: [0.8], directions: 6 };
const LENGTH = 2 * 16 * 16;

describe('levels', () => {
  test('a timestep is found again by its level', () => {
    const levels = known('sd');
    for (const timestep of [0, 1, 57, 500, 998, 999]) {
      expect(timestepNear(levels, sigmaAt(levels, timestep))).toBe(timestep);
    }
    expect(timestepNear(levels, 1e9)).toBe(999);
    expect(timestepNear(levels, 1e-9)).toBe(0);
  });

  test('between two timesteps the level lies between theirs', () => {
    const levels = known('ddpm');
    expect(logAt(levels, 10.5)).toBeCloseTo((logAt(levels, 10) + logAt(levels, 11)) / 2, 12);
  });
});

describe.each(PREDICTION_TYPES)('a perfect net of %s', (type) => {
  const readFrom = (declared: string) =>
    readSchedule(gaussianSubject(type, known('ddpm')), type, known(declared), normalNoise(3), EFFORT);

  test.each(['sd', 'ddpm', 'cosine', 'sd-zero-snr'])('on %s: its type is read', async (id) => {
    const reading = await readPrediction(gaussianSubject(type, known(id)), normalNoise(1), 4);
    expect(reading.type).toBe(type);
  });

  test.each(['sd', 'ddpm', 'cosine'])(
    'on %s: levels are read off pictures of its kind to a twentieth',
    async (id) => {
      const levels = known(id);
      const noise = normalNoise(2);
      const pictures = Array.from({ length: 6 }, () => gaussianPicture(noise));
      const given = noises(noise, 6, LENGTH);
      const points = await readPoints(gaussianSubject(type, levels), type, levels, pictures, given, 0.36);
      const read = points.filter(({ sigma, assumed }) => sigma !== undefined && assumed < 3);
      expect(read.length).toBeGreaterThan(6);
      for (const { timestep, sigma = 0, assumed } of read) {
        expect([timestep, Math.abs(Math.log(sigma / assumed)) < 0.05]).toEqual([timestep, true]);
      }
    },
  );

  test('no wrong schedule is called right', async () => {
    for (const declared of ['sd', 'ddpm', 'cosine']) {
      const { reading } = await readFrom(declared);
      expect([declared, reading.declaredFits && declared !== 'ddpm']).toEqual([declared, false]);
    }
  });

  test('its schedule is found from any declared one', async () => {
    for (const declared of ['sd', 'ddpm', 'cosine']) {
      const { reading } = await readFrom(declared);
      expect([declared, reading.declaredFits]).toEqual([declared, declared === 'ddpm']);
      expect([reading.nearest, ...reading.alike]).toContain('ddpm');
    }
  });
});

describe('where most levels stay unsure', () => {
  const levels = known('sd');
  const net = gaussianSubject('epsilon', levels);

  /** What it gives is too much or too little, by up to the whole of it, each time by another share. */
  function uneven() {
    const share = normalNoise(8);
    let asked = 0;
    const ask: typeof net.ask = async (questions) => {
      asked += questions.length;
      const outputs = await net.ask(questions);
      return outputs.map((output) => {
        const by = 1 + 0.5 * Math.max(-2, Math.min(2, share(1)[0] as number));
        return output.map((value) => value * by);
      });
    };
    return { subject: { ...net, ask }, asked: () => asked };
  }

  const readWith = async (subject: typeof net, more: number) =>
    (await readSchedule(subject, 'epsilon', levels, normalNoise(9), { ...EFFORT, more })).reading;

  test('more pictures tell more of them', async () => {
    const [few, many] = [uneven(), uneven()];
    const before = await readWith(few.subject, 4);
    const after = await readWith(many.subject, 32);
    expect(before.told).toBeLessThanOrEqual(before.points.length / 2);
    expect(after.told).toBeGreaterThan(before.told);
    expect(many.asked()).toBeGreaterThan(few.asked() * 4);
  });

  test('a net that tells them is asked no more', async () => {
    expect(await readWith(net, 32)).toEqual(await readWith(net, 4));
  });
});

describe('symmetry', () => {
  const levels = known('sd');
  const noise = normalNoise(4);
  const pictures = [gaussianPicture(noise)];

  test('of a perfect net is whole', async () => {
    const subject = gaussianSubject('epsilon', levels);
    expect(await asymmetry(subject, 'epsilon', levels, pictures, normalNoise(5), SYMMETRY)).toBeLessThan(
      0.02,
    );
  });

  test('of one that moves what it sees is not', async () => {
    const moved = (clean: Float32Array): Float32Array =>
      clean.map((_, index) => clean[(index + 3) % clean.length] as number);
    const subject = gaussianSubject('epsilon', levels, moved);
    const found = await asymmetry(subject, 'epsilon', levels, pictures, normalNoise(5), SYMMETRY);
    expect(found).toBeGreaterThan(0.4);
  });
});

describe('what cannot be read', () => {
  test('a net that does not look at the timestep has no schedule', async () => {
    const levels = known('sd');
    const net = gaussianSubject('v_prediction', levels);
    // it goes by the share of noise that it sees, which this test knows from the order of asking
    const fixed = {
      ...net,
      ask: (questions: Parameters<typeof net.ask>[0]) =>
        net.ask(questions.map((question) => ({ ...question, timestep: 300 }))),
    };
    const noise = normalNoise(6);
    const pictures = Array.from({ length: 2 }, () => gaussianPicture(noise));
    expect(await timeResponse(fixed, levels, pictures, noises(noise, 2, LENGTH))).toBe(0);
    expect(await timeResponse(net, levels, pictures, noises(noise, 2, LENGTH))).toBeGreaterThan(0.1);
  });

  test('a net that gives zeros has no prediction type', async () => {
    const zeros = {
      ...gaussianSubject('epsilon', known('sd')),
      ask: async (questions: readonly unknown[]) => questions.map(() => new Float32Array(LENGTH)),
    };
    const reading = await readPrediction(zeros, normalNoise(7), 2);
    expect(reading.type).toBeUndefined();
    expect(reading.noiseSlope).toBe(0);
  });
});
