import { expect, test } from 'vitest';
import { normalNoise } from '../../../src/schedule/noise.ts';
import { knownLevels, type Levels, sigmaAt } from '../../../src/smoke/probes/levels.ts';
import type { Subject } from '../../../src/smoke/probes/subject.ts';
import { advantage, pointsOf, tryLevels } from '../../../src/smoke/probes/trial.ts';
import { gaussianPicture, gaussianSubject } from './gaussian.ts';

function known(id: string): Levels {
  const levels = knownLevels(1000).find((each) => each.id === id);
  if (levels === undefined) throw new Error(`no schedule ${id}`);
  return levels;
}

/** A perfect net of x₀ on ddpm, tried with pictures of its data; `heard` stands between it and its timesteps. */
function trialOn(assumed: string, count: number, heard: (timestep: number) => number = (t) => t) {
  const net = gaussianSubject('sample', known('ddpm'));
  const subject: Subject = {
    ...net,
    ask: (questions) =>
      net.ask(questions.map((question) => ({ ...question, timestep: heard(question.timestep) }))),
  };
  const noise = normalNoise(7);
  const pictures = Array.from({ length: count }, () => gaussianPicture(noise));
  return tryLevels(subject, 'sample', known(assumed), pictures, noise);
}

test('a perfect net says of each level which timestep it has, within what it says of itself, and which schedule', async () => {
  const trial = await trialOn('ddpm', 10);
  const told = pointsOf(trial, known('ddpm')).filter(({ error = 1 }) => error < 0.35);
  expect(told.length).toBeGreaterThan(1);
  for (const { timestep, sigma = 0, error = 0 } of told) {
    const off = Math.abs(Math.log(sigma / sigmaAt(known('ddpm'), timestep)));
    expect([timestep, off < Math.max(0.15, 2 * error)]).toEqual([timestep, true]);
  }
  const { margin, error } = advantage(trial, known('ddpm'), known('cosine'));
  expect(margin).toBeGreaterThan(2 * error);
  expect(advantage(trial, known('sd'), known('sd'))).toEqual({ margin: 0, error: 0 });
});

test('a net that does not hear the timestep tells no level and no schedule', async () => {
  const trial = await trialOn('sd', 2, () => 300);
  expect(pointsOf(trial, known('sd')).every(({ sigma }) => sigma === undefined)).toBe(true);
  expect(Math.abs(advantage(trial, known('sd'), known('cosine')).margin)).toBeLessThan(1e-12);
});
