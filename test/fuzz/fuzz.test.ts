/** A short run of what `npm run fuzz` does for long: the same inputs each time, bounded by their count. */
import { expect, test } from 'vitest';
import { feed, report } from './feed.ts';
import { AREAS, drawInput } from './input.ts';
import { readSeeds } from './seeds.ts';

/** Other inputs than those of long runs, which begin with seed 1. */
const SEED = 0;
const INPUTS = 150;

const seeds = readSeeds();

test.each(AREAS)('damaged files: %s', async (area) => {
  const faults = new Set<string>();
  for (let index = 0; index < INPUTS; index += 1) {
    const input = drawInput(seeds, SEED, index, area);
    try {
      const checkpoint = await feed(input);
      for (const { kind } of checkpoint.faults) faults.add(kind);
      if (index % 10 === 0) await report(checkpoint);
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`npm run fuzz -- --seed ${SEED} --area ${area} --only ${index}: ${message}`, {
        cause: error,
      });
    }
  }
  // inputs that are all the same, or all refused at their first byte, would test nothing
  expect(faults.size).toBeGreaterThan(area === 'others' ? 3 : 5);
});

test('an input is drawn from its number alone', () => {
  for (const area of AREAS) {
    const [one, same, other] = [7, 7, 8].map((index) => drawInput(seeds, SEED, index, area));
    expect(one?.bytes).toEqual(same?.bytes);
    expect(one?.bytes).not.toEqual(other?.bytes);
  }
});
