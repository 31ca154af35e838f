import { describe, expect, test } from 'vitest';
import { isExchanged, isTold } from '../../src/values/wiring/told.ts';

const clear = { margin: -9, effect: -0.3, total: 60, fit: 12 };

describe('an exchange', () => {
  test('was done where it mends by enough in every respect', () => {
    expect(isExchanged(clear)).toBe(true);
    expect(isTold(clear)).toBe(true);
  });

  test.each([
    ['chance could be as much', { margin: -3.9 }],
    ['it is small whatever the width', { effect: -0.07 }],
    ['nothing fits', { fit: 4.9 }],
    ['it is small beside all that fits', { total: 120 }],
  ])('is left open where %s', (_why, change) => {
    expect(isExchanged({ ...clear, ...change })).toBe(false);
    expect(isTold({ ...clear, ...change })).toBe(false);
  });

  test('was done where the directions of kernels say so and the patterns do not', () => {
    const directed = { margin: -6, effect: -0.2 };
    expect(isExchanged({ ...clear, margin: -2, effect: -0.05, directed })).toBe(true);
    expect(isExchanged({ ...clear, margin: -2, effect: -0.05, directed, total: 120 })).toBe(false);
  });

  test('was not done where it would harm by enough, however much fits', () => {
    expect(isTold({ margin: 4.5, effect: 0.1, total: 500, fit: 20 })).toBe(true);
    expect(isExchanged({ margin: 4.5, effect: 0.1, total: 500, fit: 20 })).toBe(false);
  });
});
