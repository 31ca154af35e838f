import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exchanged } from '../../../src/smoke/probes/exchanged.ts';
import { inputFits } from '../../../src/smoke/probes/input-fits.ts';
import { readInputs } from '../../../src/smoke/probes/inputs.ts';
import { knownLevels, type Levels } from '../../../src/smoke/probes/levels.ts';
import { type Candidate, placesOf, type WeighedExchange } from '../../../src/values/index.ts';
import { CANDIDATES, filed, NET, opened } from './exchanging.ts';

const levels = knownLevels(1000).find(({ id }) => id === 'ddpm') as Levels;
const run = { type: 'epsilon', levels, seed: 0 } as const;

async function fitsOf(
  { net, variants }: Awaited<ReturnType<typeof opened>>,
  candidates: readonly Candidate[],
): Promise<readonly (WeighedExchange | undefined)[]> {
  const trials = candidates.map((candidate) => ({
    places: placesOf(candidate),
    otherwise: { pieces: exchanged(net, candidate) ?? new Map() },
  }));
  return inputFits(variants, net, await readInputs(variants, net, run), trials);
}

describe('what layers are given', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fits-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('fits them as filed, beyond chance, whatever is exchanged', async () => {
    const sound = await opened(NET);
    try {
      const found = await fitsOf(sound, CANDIDATES);
      for (const fit of found) {
        expect(fit?.margin).toBeGreaterThan(4);
        expect(fit?.effect).toBeGreaterThan(0.08);
      }
    } finally {
      await sound.close();
    }
  });

  test.each(CANDIDATES.map((candidate, index) => [Object.values(candidate).join(' '), candidate, index]))(
    "fits them better exchanged back where %s stand in each other's place",
    async (_name, candidate, index) => {
      const wrong = await opened(await filed(candidate as Candidate, join(folder, `${index as number}`)));
      try {
        const [fit] = await fitsOf(wrong, [candidate as Candidate]);
        expect(fit?.margin).toBeLessThan(-4);
        expect(fit?.effect).toBeLessThan(-0.08);
        expect(fit?.fit).toBeGreaterThan(5);
      } finally {
        await wrong.close();
      }
    },
  );

  test('is nothing where nothing is asked', async () => {
    const sound = await opened(NET);
    expect(await fitsOf(sound, [])).toEqual([]);
    await sound.close();
  });
});
