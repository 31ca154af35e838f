import { describe, expect, test } from 'vitest';
import type { ExchangeReading } from '../../../src/smoke/probes/assessment.ts';
import { untried } from '../../../src/smoke/probes/exchanges.ts';

function reading(better: ExchangeReading['better'], moved?: number): ExchangeReading {
  return { kind: 'blocks', places: ['a', 'b'], better, ...(moved === undefined ? {} : { moved }) };
}

describe('what was not run of the exchanges that the weights leave open', () => {
  test('nothing, where each is told or was run both ways', () => {
    expect(untried(3, [reading('filed'), reading('exchanged'), reading('neither', 0.1)], true)).toEqual([]);
  });

  test('those that layers do not tell, with the reason', () => {
    const found = [reading('neither'), reading('neither'), reading('filed')];
    const [hasty, patient] = [false, true].map((each) => untried(3, found, each));
    expect(hasty?.map(({ reason }) => reason)).toEqual([
      '2 that their layers do not tell were not run both ways: it takes minutes on a net of this size, which ungarble smoke --thorough takes',
    ]);
    expect(patient?.map(({ reason }) => reason)).toEqual([
      '2 that their layers do not tell were not run both ways: at most 24 are',
    ]);
  });

  test('those beyond as many as are tried', () => {
    const found = Array.from({ length: 48 }, () => reading('filed'));
    expect(untried(60, found, true)).toEqual([
      { probe: 'exchange', reason: 'the weights leave 60 open, of which the 48 least sure were tried' },
    ]);
  });
});
