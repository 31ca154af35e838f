import { describe, expect, test } from 'vitest';
import { readFileSync } from 'node:fs';
import { canDecode, decodeFloats } from '../../src/formats/decode.ts';
import { DTYPES, type Dtype } from '../../src/formats/dtype.ts';

/** What torch says each pattern of bits is: all of 8 bits, every 97th of 16. */
const TABLES = JSON.parse(readFileSync('fixtures/dtypes/tables.json', 'utf8')) as Record<
  Dtype,
  (number | string)[]
>;
const WORDS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
};

const right = (dtype: Dtype): Float32Array =>
  Float32Array.from(TABLES[dtype], (value) => (typeof value === 'number' ? value : (WORDS[value] as number)));

describe('elements decoded to float32', () => {
  test.each(['F8_E4M3', 'F8_E5M2', 'F8_E4M3FNUZ', 'F8_E5M2FNUZ'] as const)(
    '%s as torch has them',
    (dtype) => {
      const every = Uint8Array.from({ length: 256 }, (_, code) => code);
      expect(decodeFloats(every, dtype)).toEqual(right(dtype));
    },
  );

  test.each(['F16', 'BF16'] as const)('%s as torch has them', (dtype) => {
    const codes = Uint16Array.from({ length: 676 }, (_, index) => index * 97);
    expect(decodeFloats(new Uint8Array(codes.buffer), dtype)).toEqual(right(dtype));
  });

  test('numbers that JavaScript has arrays of', () => {
    const doubles = Float64Array.of(0.1, -2);
    expect(decodeFloats(new Uint8Array(doubles.buffer), 'F64')).toEqual(Float32Array.of(0.1, -2));
    const whole = BigInt64Array.of(-7n, 1n);
    expect(decodeFloats(new Uint8Array(whole.buffer), 'I64')).toEqual(Float32Array.of(-7, 1));
    expect(decodeFloats(Uint8Array.of(0, 1), 'BOOL')).toEqual(Float32Array.of(0, 1));
  });

  test('bytes that start anywhere in their buffer', () => {
    const shifted = new Uint8Array([9, 0, 0, 128, 63]).subarray(1);
    expect(decodeFloats(shifted, 'F32')).toEqual(Float32Array.of(1));
  });

  test('what cannot be decoded says so', () => {
    const not = DTYPES.filter((dtype) => !canDecode(dtype));
    expect(not).toEqual(['F4', 'F6_E2M3', 'F6_E3M2', 'F8_E8M0', 'C64']);
    for (const dtype of not) expect(() => decodeFloats(new Uint8Array(24), dtype)).toThrow(RangeError);
    expect(() => decodeFloats(new Uint8Array(3), 'F16')).toThrow('no whole number of F16 elements');
  });
});
