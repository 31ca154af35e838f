import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readInputs } from '../../../src/smoke/probes/inputs.ts';
import type { Reading } from '../../../src/smoke/probes/assessment.ts';
import { knownLevels, type Levels } from '../../../src/smoke/probes/levels.ts';
import { fitReadings } from '../../../src/smoke/probes/settle-readings.ts';
import { NET, opened } from './exchanging.ts';

const levels = knownLevels(1000).find(({ id }) => id === 'ddpm') as Levels;
const run = { type: 'epsilon', levels, seed: 0 } as const;

/** As if nothing else had told it. */
const OPEN: Reading = {
  about: 'sinusoid',
  assumed: 'as assumed',
  other: 'the other order',
  margin: 0.04,
  error: 0.05,
  better: 'neither',
};

describe('an open reading, by what the layers of a trained net are given', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'settled-'));
    cpSync(NET, folder, { recursive: true });
    const path = join(folder, 'unet/config.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as { readonly flip_sin_to_cos: boolean };
    writeFileSync(path, JSON.stringify({ ...config, flip_sin_to_cos: !config.flip_sin_to_cos }));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function settled(path: string, reading: Reading): Promise<Reading | undefined> {
    const { net, variants, close } = await opened(path);
    try {
      const { conventions } = variants;
      const other = { ...conventions, flipSinToCos: !conventions.flipSinToCos };
      const inputs = await readInputs(variants, net, run);
      const [found] = await fitReadings(variants, net, inputs, [{ reading, other }]);
      return found;
    } finally {
      await close();
    }
  }

  test('is told as assumed where the files say how it was trained', async () => {
    const found = await settled(NET, OPEN);
    expect(found?.better).toBe('assumed');
    expect(found?.fits).toBeLessThan(-3.5);
  });

  test('and as the other where its config was changed', async () => {
    const found = await settled(folder, OPEN);
    expect(found?.better).toBe('other');
    expect(found?.fits).toBeGreaterThan(3.5);
  });

  test('is left alone where it is told, or makes no difference', async () => {
    const told: Reading = { ...OPEN, better: 'assumed' };
    expect(await settled(NET, told)).toBe(told);
    const alike: Reading = { ...OPEN, margin: 0.001, error: 0.002 };
    expect(await settled(NET, alike)).toBe(alike);
  });
});
