import { describe, expect, test } from 'vitest';
import { joinedPoints, pliancyOf, type Shift, shiftOf } from '../../../src/smoke/probes/joined-levels.ts';
import { knownLevels, type Levels, logAt, sigmaAt } from '../../../src/smoke/probes/levels.ts';

function known(id: string): Levels {
  const levels = knownLevels(1000).find((each) => each.id === id);
  if (levels === undefined) throw new Error(`no schedule ${id}`);
  return levels;
}

const TIMESTEPS = [50, 120, 200, 300, 400, 500, 600];

/** Levels of one schedule, as if pictures drawn on another had shown so much of the way to them. */
function seen(truth: string, drawnOn: string, pliancy: number, error = 0.05): Shift {
  const [right, drawn] = [known(truth), known(drawnOn)];
  const points = TIMESTEPS.map((timestep) => {
    const log = pliancy * logAt(right, timestep) + (1 - pliancy) * logAt(drawn, timestep);
    return { timestep, sigma: Math.exp(log), error };
  });
  return shiftOf(points, drawn) as Shift;
}

describe('levels joined', () => {
  test('are those that every point agrees on, surer than any of them', () => {
    const truth = known('sd');
    const points = TIMESTEPS.map((timestep) => ({
      timestep,
      sigma: 1.1 * sigmaAt(truth, timestep),
      error: 0.3,
    }));
    const shift = shiftOf(points, truth) as Shift;
    for (const { timestep, sigma, error } of joinedPoints(shift, 1, [], TIMESTEPS)) {
      expect(sigma / sigmaAt(truth, timestep)).toBeCloseTo(1.1, 6);
      expect(error).toBeLessThan(0.3);
      expect(error).toBeGreaterThan(0.1);
    }
  });

  test('do not follow one point that is off', () => {
    const truth = known('sd');
    const points = TIMESTEPS.map((timestep, index) => ({
      timestep,
      sigma: (index === 3 ? 1.5 : 1) * sigmaAt(truth, timestep),
      error: 0.2,
    }));
    const read = joinedPoints(shiftOf(points, truth) as Shift, 1, [], TIMESTEPS);
    for (const { timestep, sigma } of read) expect(sigma / sigmaAt(truth, timestep)).toBeLessThan(1.09);
  });

  test('need four points', () => {
    const points = TIMESTEPS.map((timestep, index) =>
      index < 3 ? { timestep, sigma: sigmaAt(known('sd'), timestep), error: 0.1 } : { timestep },
    );
    expect(shiftOf(points, known('sd'))).toBeUndefined();
  });

  test('are the less certain the farther from them lies what is as good', () => {
    const shift = seen('sd', 'sd', 1);
    const [alone, beside] = [[], [known('cosine')]].map((rivals) => joinedPoints(shift, 1, rivals, [200])[0]);
    const apart = Math.log(sigmaAt(known('cosine'), 200) / sigmaAt(known('sd'), 200));
    expect(beside?.error).toBeCloseTo(Math.hypot(alone?.error ?? 0, apart / 2), 6);
  });
});

describe('pictures that take after what they were drawn on', () => {
  test.each([1, 0.8, 0.3])('show %f of the way, which is told from two schedules and more', (pliancy) => {
    const shifts = ['sd', 'ddpm', 'cosine'].map((id) => seen('sd', id, pliancy));
    // a line is not quite what lies between two schedules
    expect(Math.abs(pliancyOf(shifts, TIMESTEPS) - pliancy)).toBeLessThan(0.15);
  });

  test('of one schedule alone tell nothing of it', () => {
    expect(pliancyOf([seen('sd', 'sd', 1)], TIMESTEPS)).toBe(0.1);
  });

  test('leave the levels less certain the less they show, by what may be unseen', () => {
    const shift = seen('cosine', 'sd', 0.3);
    const [sure, unsure] = [1, 0.3].map((pliancy) => joinedPoints(shift, pliancy, [], [200])[0]);
    const missed = Math.abs(Math.log((unsure?.sigma ?? 0) / sigmaAt(known('cosine'), 200)));
    expect(missed).toBeGreaterThan(2.5 * (sure?.error ?? 0));
    expect(missed).toBeLessThan(unsure?.error ?? 0);
  });
});
