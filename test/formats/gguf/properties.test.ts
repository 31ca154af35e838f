import * as fc from '../../build/properties.ts';
import { expect, test } from 'vitest';
import { memorySource } from '../../../src/bytes/memory.ts';
import { blockOf, byteLengthOf, isBlock } from '../../../src/formats/dtype.ts';
import { elementCount } from '../../../src/formats/checkpoint.ts';
import { readGguf } from '../../../src/formats/gguf/index.ts';
import {
  buildGguf,
  GGUF_DTYPES,
  type GgufPairs,
  type GgufTensor,
  ggufSize,
  value,
} from '../../build/gguf.ts';

const SEED = 20_261_122;

const tensor = fc
  .record({
    name: fc.string({ unit: 'grapheme', maxLength: 15 }),
    dtype: fc.constantFrom(...GGUF_DTYPES),
    outer: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    row: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ name, dtype, outer, row }): GgufTensor => {
    const block = isBlock(dtype) ? blockOf(dtype).elements : 1;
    return { name, dtype, shape: [...outer, row * block] };
  });

const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, minLength: 1, maxLength: 12 });
const texts = fc.dictionary(fc.string({ minLength: 1, maxLength: 12 }), fc.string({ unit: 'grapheme' }));
const alignments = fc.constantFrom(8, 16, 32, 256, 4096);

test('what is written is read, without a fault', async () => {
  const property = fc.asyncProperty(tensors, texts, alignments, async (list, metadata, alignment) => {
    const written = Object.entries(metadata).filter(([key]) => !key.startsWith('general.'));
    const pairs: GgufPairs = [
      ['general.alignment', value.u32(alignment)],
      ...written.map(([key, text]) => [key, value.string(text)] as const),
    ];
    const read = await readGguf(memorySource('m.gguf', buildGguf(list, pairs, alignment)));
    expect(read.faults).toEqual([]);
    expect([...read.metadata].slice(1)).toEqual(written);
    expect(read.tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(list);
    let next = read.file.headerLength;
    for (const { offset, byteLength, dtype, shape } of read.tensors) {
      expect(offset).toBe(next);
      expect(byteLength).toBe(byteLengthOf(dtype, elementCount(shape)));
      next = Math.ceil((offset + byteLength) / alignment) * alignment;
    }
    expect(list.reduce((sum, one) => sum + ggufSize(one), 0)).toBe(
      read.tensors.reduce((sum, { byteLength }) => sum + byteLength, 0),
    );
  });
  await fc.assert(property, { seed: SEED, numRuns: 300 });
});

test('any bytes behind the magic are read or refused, never thrown at', async () => {
  const property = fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (tail) => {
    const head = Uint8Array.of(
      0x47,
      0x47,
      0x55,
      0x46,
      3,
      0,
      0,
      0,
      2,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      1,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
    );
    const bytes = Uint8Array.of(...head, ...tail);
    const { faults } = await readGguf(memorySource('m.gguf', bytes));
    expect(faults.length).toBeGreaterThan(0);
  });
  await fc.assert(property, { seed: SEED, numRuns: 500 });
});
