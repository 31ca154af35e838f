import { describe, expect, test } from 'vitest';
import { normalNoise, philox } from '../../src/schedule/noise.ts';

describe('noise', () => {
  // the known answers of Random123 1.09, kat_vectors, philox4x32 with 10 rounds
  test.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ] as const)('philox of %j', (counter, key, expected) => {
    const words = philox(counter, key).map((word) => word.toString(16).padStart(8, '0'));
    expect(words.join(' ')).toBe(expected);
  });

  test('is standard normal', () => {
    const values = [...normalNoise(42)(40_000)];
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.02);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
    expect(Math.abs(moment(3))).toBeLessThan(0.06);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.15);
    // neighbours, which come from one block, are independent
    const lagged = values.slice(1).map((value, index) => value * (values[index] as number));
    expect(Math.abs(lagged.reduce((sum, value) => sum + value, 0) / lagged.length)).toBeLessThan(0.02);
  });

  test('is the same for a seed, goes on from call to call, and differs between seeds', () => {
    const [a, b] = [normalNoise(5), normalNoise(5)];
    const whole = a(16);
    expect([...b(8), ...b(8)]).toEqual([...whole]);
    expect([...normalNoise(6)(16)]).not.toEqual([...whole]);
    expect([...normalNoise(5 + 2 ** 32)(16)]).not.toEqual([...whole]);
    expect(normalNoise(5)(3)).toEqual(whole.slice(0, 3));
  });

  test.each([-1, 0.5, 2 ** 53])('seed %d is refused', (seed) => {
    expect(() => normalNoise(seed)).toThrow(RangeError);
  });
});
