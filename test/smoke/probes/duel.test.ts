import { describe, expect, test } from 'vitest';
import { duelOf } from '../../../src/smoke/probes/duel.ts';

describe('what the gains of pictures say', () => {
  const gains = (middle: number, spread: number): readonly number[] =>
    Array.from({ length: 16 }, (_, index) => middle + spread * (index % 2 === 0 ? 1 : -1));

  test.each([
    ['own', -0.2, 0.1],
    ['other', 0.2, 0.1],
    // a margin within its error, and one that hardly matters
    ['neither', 0.2, 0.3],
    ['alike', 0.02, 0.001],
  ])('%s', (better, middle, spread) => {
    expect(duelOf(gains(middle, spread))).toMatchObject({ better });
  });

  test('a net that gives no numbers is never better', () => {
    expect(duelOf([Number.NEGATIVE_INFINITY])).toMatchObject({ better: 'own' });
  });
});
