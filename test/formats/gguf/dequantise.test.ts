import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { canDecode, decodeFloats } from '../../../src/formats/decode.ts';
import { BLOCK_DTYPES, type BlockDtype, blockOf, byteLengthOf } from '../../../src/formats/dtype.ts';

interface Golden {
  /** What was quantised, where gguf-py can. */
  readonly source?: string;
  readonly bytes: string;
  readonly values: string;
}

const GOLDEN = new Map(
  Object.entries(JSON.parse(readFileSync('fixtures/gguf/blocks.json', 'utf8')) as Record<string, Golden>),
);

const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));
const floatsOf = (text: string) => new Float32Array(bytesOf(text).buffer);

/** The bits, so that -0 is not 0. */
const bits = (values: Float32Array) => [...new Uint32Array(values.buffer, values.byteOffset, values.length)];

describe('blocks turned into numbers', () => {
  test.each([...GOLDEN])('%s, bit for bit as gguf-py does it', (name, { bytes, values }) => {
    const dtype = name as BlockDtype;
    expect(bits(decodeFloats(bytesOf(bytes), dtype))).toEqual(bits(floatsOf(values)));
  });

  test('from anywhere in a buffer', () => {
    const { bytes, values } = GOLDEN.get('Q5_K') as Golden;
    const shifted = Uint8Array.of(7, ...bytesOf(bytes)).subarray(1);
    expect(decodeFloats(shifted, 'Q5_K')).toEqual(floatsOf(values));
  });

  test('none', () => {
    expect(decodeFloats(new Uint8Array(0), 'Q4_0')).toEqual(new Float32Array(0));
  });

  test('of types that are known by size alone, never', () => {
    const not = BLOCK_DTYPES.filter((dtype) => !canDecode(dtype));
    expect(not).toEqual(BLOCK_DTYPES.filter((dtype) => !GOLDEN.has(dtype)));
    for (const dtype of not) {
      expect(() => decodeFloats(new Uint8Array(blockOf(dtype).bytes), dtype)).toThrow(RangeError);
    }
  });

  test('of bytes that end inside a block, never', () => {
    expect(() => decodeFloats(new Uint8Array(35), 'Q8_0')).toThrow('no whole number of Q8_0 blocks');
  });
});

describe('bytes of so many elements', () => {
  test('in whole blocks, and not', () => {
    expect(byteLengthOf('Q8_0', 64)).toBe(68);
    expect(byteLengthOf('Q4_K', 512)).toBe(288);
    expect(byteLengthOf('F16', 3)).toBe(6);
    expect(Number.isInteger(byteLengthOf('Q6_K', 320))).toBe(false);
  });
});
