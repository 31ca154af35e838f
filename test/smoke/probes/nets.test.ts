import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSession, type OpenedSession } from '../../../src/cli/open-session.ts';
import { normalNoise } from '../../../src/schedule/noise.ts';
import type { PredictionType } from '../../../src/schedule/prediction.ts';
import type { Engine } from '../../../src/smoke/engine.ts';
import { assess, type Assessment, type AssessRequest } from '../../../src/smoke/probes/index.ts';
import { fitLastLayer } from '../../../src/smoke/probes/last-layer.ts';
import { knownLevels, type Levels, sigmaAt } from '../../../src/smoke/probes/levels.ts';
import { NetSubject } from '../../../src/smoke/probes/net-subject.ts';
import { readPrediction } from '../../../src/smoke/probes/prediction.ts';
import { readSchedule } from '../../../src/smoke/probes/schedule.ts';
import { writeFolderOfEps } from '../shapes-folder.ts';
import { hasSpikeNets, openSpikeNet } from '../../build/spike-nets.ts';

const EFFORT = {
  pictures: 4,
  more: 4,
  steps: 12,
  polish: [1, 0.7, 0.5, 0.35, 0.25, 0.17, 0.12, 0.08],
  spacing: 0.36,
  rereads: 2,
  tried: 16,
};

const OPTIONS = {
  latent: { channels: 3, height: 16, width: 16, length: 768 },
  timesteps: 1000,
  companions: new Float32Array(0),
  batch: 16,
};

function known(id: string): Levels {
  const levels = knownLevels(1000).find((each) => each.id === id);
  if (levels === undefined) throw new Error(`no schedule ${id}`);
  return levels;
}

// skipped where the nets do not lie beside the checkout
describe.skipIf(!hasSpikeNets).each<[string, PredictionType, string]>([
  ['eps-scaled_linear', 'epsilon', 'sd'],
  ['v-scaled_linear', 'v_prediction', 'sd'],
  ['eps-linear', 'epsilon', 'ddpm'],
  ['eps-cosine', 'epsilon', 'cosine'],
])('%s, a small net trained apart', (name, type, schedule) => {
  let engine: Engine;
  let subject: NetSubject;
  beforeAll(async () => {
    engine = await openSpikeNet(name);
    // the class of no class
    const condition = new Map([['class_labels', { data: BigInt64Array.of(3n), dims: [1] }]]);
    subject = new NetSubject(engine, { ...OPTIONS, conditions: [condition] });
  });
  afterAll(async () => engine.dispose());

  test('predicts what it was trained to', async () => {
    expect((await readPrediction(subject, normalNoise(1), 4)).type).toBe(type);
  });

  test('a new fit of its last layer takes next to nothing', async () => {
    const conditions = [0n, 1n, 2n].map(
      (label) => new Map([['class_labels', { data: BigInt64Array.of(label), dims: [1] }]]),
    );
    const told = new NetSubject(engine, { ...OPTIONS, conditions });
    const { refit } = await fitLastLayer(
      told,
      { type, levels: known(schedule), seed: 0 },
      {
        pictures: 16,
        steps: 24,
        polish: EFFORT.polish,
        sigmas: [0.2, 0.3, 0.45, 0.7, 1, 1.5],
        repeats: 2,
      },
    );
    expect([refit.share < 0.03, refit.error < 0.01]).toEqual([true, true]);
  });

  test('its levels are read to 15 %, whichever schedule is declared', async () => {
    for (const declared of ['sd', 'ddpm', 'cosine']) {
      const { reading } = await readSchedule(subject, type, known(declared), normalNoise(2), EFFORT);
      const off = reading.points.flatMap(({ timestep, sigma }) => {
        const right = sigmaAt(known(schedule), timestep);
        // beyond, the noise hides nearly all, and what is read says itself that it is uncertain
        return timestep < 50 || timestep > 600 || right > 4 ? [] : [Math.abs(Math.log((sigma ?? 0) / right))];
      });
      expect(off.length).toBeGreaterThan(4);
      expect([declared, Math.max(...off) < Math.log(1.15)]).toEqual([declared, true]);
      expect([reading.nearest, ...reading.alike]).toContain(schedule);
      expect([declared, reading.declaredFits]).toEqual([declared, declared === schedule]);
    }
  });
});

describe('whole models', () => {
  const opened: OpenedSession[] = [];
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nets-'));
  });
  afterAll(async () => {
    for (const { close } of opened) await close();
    await rm(folder, { recursive: true });
  });

  async function assessed(path: string, request: AssessRequest = {}): Promise<Assessment> {
    const session = await openSession(path, { threads: 1, device: 'cpu' });
    opened.push(session);
    return assess(session.session, request);
  }

  test.each<[string, PredictionType]>([
    ['sd1-eps', 'epsilon'],
    ['sd1-v', 'v_prediction'],
  ])(
    '%s is sound in all that is looked at',
    async (name, type) => {
      if (name === 'sd1-eps') await writeFolderOfEps(join(folder, name));
      const found = await assessed(join(name === 'sd1-eps' ? folder : 'fixtures/shapes', name));
      expect(found.evidence.filter(({ says }) => says === 'garbled' || says === 'suspicious')).toEqual([]);
      expect(found.verdict).toBe('sound');
      expect(found.read.prediction?.type).toBe(type);
      expect(found.read.schedule).toMatchObject({ nearest: 'sd', declaredFits: true });
      const findings = found.evidence.map(({ probe, finding }) => `${probe} ${finding}`);
      expect(findings).toEqual(expect.arrayContaining(['schedule agrees', 'time responds', 'text responds']));
      expect(found.activations.length).toBeGreaterThan(40);
      expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    },
    600_000,
  );

  test('a net of x₀ is found to be on its schedule, by trying others', async () => {
    const found = await assessed('fixtures/garble/plain-x0');
    expect(found.verdict).toBe('sound');
    expect(found.evidence).toContainEqual(
      expect.objectContaining({ finding: 'tried-fits', probe: 'schedule' }),
    );
    expect(found.read.schedule?.nearest).toBe('ddpm');
  }, 600_000);

  test('a net of v that is said to predict ε is garbled, for that reason', async () => {
    const found = await assessed('fixtures/garble/plain-v', { run: { prediction_type: 'epsilon' } });
    expect(found.verdict).toBe('garbled');
    expect(found.evidence[0]).toMatchObject({
      probe: 'prediction_type',
      finding: 'differs',
      measured: { type: 'v_prediction' },
      expected: { type: 'epsilon' },
    });
  }, 600_000);

  test('the same net as it is declared is sound on the schedule that it is declared with', async () => {
    const found = await assessed('fixtures/garble/plain-v');
    expect(found.verdict).toBe('sound');
    expect(found.declared.schedule).toBe('ddpm');
    expect(found.read.schedule?.declaredFits).toBe(true);
  }, 600_000);
});
