import { describe, expect, test } from 'vitest';
import type { Evidence, ExchangeReading } from '../../../src/smoke/probes/assessment.ts';
import { exchanges } from '../../../src/smoke/probes/judge-weights.ts';
import { evidenceWords } from '../../../src/smoke/probes/words.ts';

const reading = (
  places: readonly string[],
  better: ExchangeReading['better'],
  margin = 0,
): ExchangeReading => ({ kind: 'blocks', places, moved: 0.1, margin, error: 0.01, better });

const words = (found: readonly Evidence[]): readonly string[] => found.map(evidenceWords);

describe('exchanges that were looked at in a run', () => {
  test('say nothing where there are none', () => {
    expect(exchanges(undefined)).toEqual([]);
    expect(exchanges([])).toEqual([]);
  });

  test('are sound where each is better as filed, or makes no difference', () => {
    const found = exchanges([reading(['a', 'b'], 'filed', -0.2), reading(['a', 'c'], 'alike')]);
    expect(found).toMatchObject([{ probe: 'exchange', says: 'sound', finding: 'as-filed' }]);
    expect(words(found)).toEqual([
      'Of 2 exchanges that the weights leave open, looked at in a run, 1 denoise better as filed, 1 make no difference.',
    ]);
  });

  test('are unclear where one cannot be told', () => {
    const found = exchanges([reading(['a', 'b'], 'filed', -0.2), reading(['a', 'c'], 'neither', 0.02)]);
    expect(found).toMatchObject([{ says: 'unclear', measured: { open: 1 } }]);
    expect(words(found)[0]).toContain('1 cannot be told');
  });

  test('name the one that mends most, and no other that shares a part with it', () => {
    const found = exchanges([
      reading(['a', 'b'], 'exchanged', 0.05),
      reading(['b', 'c'], 'exchanged', 0.3),
      reading(['d', 'e'], 'exchanged', 0.1),
      reading(['f', 'g'], 'filed', -0.3),
    ]);
    expect(found).toMatchObject([
      { says: 'garbled', finding: 'exchanged', place: 'b and c' },
      { says: 'suspicious', finding: 'exchanged', place: 'd and e' },
    ]);
  });

  test('say what kind of exchange it is', () => {
    const kinds = (['blocks', 'skips', 'halves'] as const).map(
      (kind): ExchangeReading => ({
        kind,
        places: kind === 'halves' ? ['a'] : ['a', 'b'],
        moved: 0.1,
        margin: 0.3,
        error: 0.01,
        better: 'exchanged',
      }),
    );
    expect(kinds.flatMap((each) => words(exchanges([each])))).toEqual([
      "With a and b exchanged it misses 1.35 times less of the noise: they were put in each other's place.",
      "With the skips of a and b exchanged it misses 1.35 times less of the noise: they were put in each other's place.",
      "With the two inputs of a exchanged it misses 1.35 times less of the noise: they were put in each other's place.",
    ]);
  });

  const fitting = (
    places: readonly string[],
    margin: number,
    better: ExchangeReading['better'],
    kind: ExchangeReading['kind'] = 'blocks',
  ): ExchangeReading => {
    const byFit = margin > 0 ? 'filed' : 'exchanged';
    return { kind, places, fits: { margin, effect: margin / 40, better: byFit }, better };
  };

  test('are sound where the layers fit what they are given as filed', () => {
    const found = exchanges([fitting(['a', 'b'], 9, 'filed'), reading(['a', 'c'], 'filed', -0.2)]);
    expect(found).toMatchObject([{ says: 'sound', measured: { tried: 2, fit: 1, filed: 1, open: 0 } }]);
    expect(words(found)).toEqual([
      'Of 2 exchanges that the weights leave open, looked at in a run, of 1 the layers fit what they are given better as filed, 1 denoise better as filed.',
    ]);
  });

  test('are suspicious where the layers fit better exchanged and no run speaks against it', () => {
    const found = exchanges([
      fitting(['a', 'b'], -9, 'exchanged'),
      fitting(['b', 'c'], -30, 'exchanged', 'skips'),
      fitting(['d'], -8, 'exchanged', 'halves'),
    ]);
    expect(found).toMatchObject([
      { says: 'suspicious', finding: 'misplaced', place: 'b and c', measured: { margin: 30 } },
      { says: 'suspicious', finding: 'misplaced', place: 'd' },
    ]);
    expect(words(found)).toEqual([
      'The layers of b and c fit what they are given better with their skips exchanged, by 30 standard deviations of chance.',
      'The layers of d fit what they are given better with its two inputs exchanged, by 8 standard deviations of chance.',
    ]);
  });

  test('are named, and held against nobody, where they make no difference to what is drawn', () => {
    const found = exchanges([{ ...fitting(['a', 'b'], -9, 'alike'), moved: 0.01 }]);
    expect(found).toMatchObject([{ says: 'unclear', finding: 'harmless', place: 'a and b' }]);
    expect(words(found)[0]).toContain('To what the net draws it makes no difference.');
  });

  test('are as filed where a run says so, whatever fits', () => {
    const found = exchanges([{ ...fitting(['a', 'b'], -9, 'filed'), moved: 0.3, margin: -0.2, error: 0.01 }]);
    expect(found).toMatchObject([{ says: 'sound', measured: { fit: 0, filed: 1 } }]);
  });
});
