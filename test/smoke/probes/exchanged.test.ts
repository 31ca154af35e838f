import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { normalNoise } from '../../../src/schedule/noise.ts';
import { exchanged } from '../../../src/smoke/probes/exchanged.ts';
import { settleExchanges } from '../../../src/smoke/probes/exchanges.ts';
import { readInputs } from '../../../src/smoke/probes/inputs.ts';
import { knownLevels, type Levels } from '../../../src/smoke/probes/levels.ts';
import { lengthOf } from '../../../src/smoke/probes/subject.ts';
import type { Variants } from '../../../src/smoke/probes/variants.ts';
import type { Candidate } from '../../../src/values/index.ts';
import { CANDIDATES, filed, NET, opened } from './exchanging.ts';

describe('parts of a net exchanged', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'exchanged-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(CANDIDATES.map((candidate, index) => [Object.values(candidate).join(' '), candidate, index]))(
    'on the way to the engine, %s is what it is in the file',
    async (_name, candidate, index) => {
      const sound = await opened(NET);
      const other = await opened(await filed(candidate as Candidate, join(folder, `${index as number}`)));
      try {
        const ask = (variants: Variants, pieces = {}): Promise<readonly Float32Array[]> =>
          variants.on(variants.compiled(pieces), (subject) => {
            const sample = normalNoise(3)(lengthOf(subject)) as Float32Array;
            return subject.ask([{ sample, timestep: 300 }]);
          });
        const pieces = exchanged(sound.net, candidate as Candidate);
        const [as] = await ask(sound.variants);
        const [here] = await ask(sound.variants, { pieces });
        const [there] = await ask(other.variants);
        const apart = (a?: Float32Array, b?: Float32Array): number =>
          Math.max(...(a ?? []).map((value, at) => Math.abs(value - (b?.[at] ?? Number.NaN))));
        expect(apart(here, there)).toBeLessThan(1e-5);
        expect(apart(here, as)).toBeGreaterThan(1e-3);
      } finally {
        await sound.close();
        await other.close();
      }
    },
  );

  test('that do not fit each other are none', async () => {
    const { net, close } = await opened(NET);
    expect(exchanged(net, { kind: 'halves', a: 'up_blocks.2.resnets.0' })).toBeUndefined();
    expect(exchanged(net, { kind: 'skips', a: 'up_blocks.0.resnets.0', b: 'mid_block.resnets.0' })).toBe(
      undefined,
    );
    await close();
  });

  test('are told from the net as it was trained by a run, whichever is filed', async () => {
    const skips = CANDIDATES[2] as Candidate;
    const levels = knownLevels(1000).find(({ id }) => id === 'ddpm') as Levels;
    const run = { type: 'epsilon', levels, seed: 0 } as const;
    const sound = await opened(NET);
    const wrong = await opened(await filed(skips, join(folder, 'skips')));
    try {
      const settle = async ({ variants, net }: typeof sound, patient: boolean) =>
        settleExchanges(variants, net, run, await readInputs(variants, net, run), [skips], patient);
      const [found] = await settle(sound, true);
      expect(found).toMatchObject({ kind: 'skips', fits: { better: 'filed' }, better: 'filed' });
      // what its layers tell is not run both ways
      expect(found?.moved).toBeUndefined();
      const [back] = await settle(wrong, true);
      expect(back).toMatchObject({ places: ['up_blocks.2.resnets.0', 'up_blocks.2.resnets.1'] });
      expect(back).toMatchObject({ fits: { better: 'exchanged' }, better: 'exchanged' });
      expect(back?.margin).toBeGreaterThan(0.1);
      const [fit] = await settle(wrong, false);
      expect(fit).toMatchObject({ fits: { better: 'exchanged' }, better: 'exchanged' });
      expect(fit?.moved).toBeUndefined();
    } finally {
      await sound.close();
      await wrong.close();
    }
  });
});
