import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { canDecode, decodeFloats } from '../../src/formats/decode.ts';
import { bitsOf, DTYPES, isBlock } from '../../src/formats/dtype.ts';
import { elementsOf } from '../../src/formats/elements.ts';

const PLAIN = DTYPES.filter((dtype) => canDecode(dtype) && !isBlock(dtype));

describe('elements decoded where they are asked for', () => {
  test('are what decoding all of them gives, wherever their bytes start', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PLAIN),
        fc.integer({ min: 0, max: 3 }),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 2 }),
        (dtype, shift, drawn, first, length) => {
          if (isBlock(dtype)) throw new Error('a block has no elements of its own');
          const size = bitsOf(dtype) / 8;
          const bytes = new Uint8Array(shift + 8 * size);
          bytes.set(drawn.subarray(0, 8 * size), shift);
          const all = decodeFloats(bytes.subarray(shift), dtype);
          const into = new Float32Array(1 + 2 * length);
          elementsOf(bytes.subarray(shift), dtype).copy({ first, length, count: 2, stride: 3 }, into, 1);
          const wanted = [0, 1].flatMap((run) =>
            Array.from(all.slice(first + 3 * run, first + 3 * run + length)),
          );
          expect([...into]).toEqual([0, ...wanted]);
        },
      ),
    );
  });

  test('one run where nothing is said of how many', () => {
    const into = new Float32Array(2);
    elementsOf(Uint8Array.of(5, 6, 7), 'U8').copy({ first: 1, length: 2 }, into, 0);
    expect([...into]).toEqual([6, 7]);
  });

  test('what cannot be decoded says so', () => {
    expect(() => elementsOf(new Uint8Array(3), 'F16')).toThrow('no whole number of F16 elements');
    expect(() => elementsOf(new Uint8Array(24), 'F4')).toThrow(RangeError);
  });
});
