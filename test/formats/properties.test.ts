/** What holds for every safetensors file, whatever stands in it. */
import * as fc from '../build/properties.ts';
import { describe, expect, it } from 'vitest';
import { Budget } from '../../src/bytes/budget.ts';
import { memorySource } from '../../src/bytes/memory.ts';
import { DTYPES } from '../../src/formats/dtype.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { readSafetensors } from '../../src/formats/safetensors.ts';
import { buildSafetensors, sizeOf, type TensorSpec } from '../build/safetensors.ts';

const read = (bytes: Uint8Array) => readSafetensors(memorySource('model.safetensors', bytes));

const tensor: fc.Arbitrary<TensorSpec> = fc
  .record({
    name: fc.string({ unit: 'grapheme', maxLength: 12 }).filter((name) => name !== '__metadata__'),
    dtype: fc.constantFrom(...DTYPES),
    shape: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
  })
  .filter((spec) => Number.isInteger(sizeOf(spec)));

/** Tensors of unlike names. */
const tensors = fc.uniqueArray(tensor, { selector: (spec) => spec.name, maxLength: 8 });
const metadata = fc
  .array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), { maxLength: 4 })
  .map((pairs) => new Map(pairs));

describe('any bytes', () => {
  it('are read without an exception, and no more of them than the header', async () => {
    const body = fc.uint8Array({ maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 160 }), body, async (length, rest) => {
        const bytes = new Uint8Array(8 + rest.length);
        bytes[0] = length;
        bytes.set(rest, 8);
        const budget = new Budget(8 + length);
        const { faults } = await readSafetensors(budget.guard(memorySource('m', bytes)));
        expect(faults.length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });

  it('are opened without an exception', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('m.safetensors', 'm.ckpt'),
        async (bytes, name) => {
          const { faults, unchecked } = await openCheckpoint(memorySource(name, bytes));
          expect(faults.length + unchecked.length).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('a written file', () => {
  it('is read back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, metadata, async (specs, notes) => {
        const result = await read(buildSafetensors(specs, { metadata: notes }));
        const allowed = new Set(['tensor-unaligned', 'no-tensors']);
        expect(result.faults.filter((fault) => !allowed.has(fault.kind))).toEqual([]);
        expect([...result.metadata]).toEqual([...notes]);
        expect(result.tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(specs);
        expect(result.tensors.map((one) => one.byteLength)).toEqual(specs.map(sizeOf));
      }),
    );
  });

  it('with a byte of its header changed has a fault, or another meaning that was declared', async () => {
    const sound = buildSafetensors(
      [
        { name: 'conv_in.weight', dtype: 'F16', shape: [4, 4] },
        { name: 'conv_in.bias', dtype: 'F16', shape: [4] },
      ],
      { metadata: { format: 'pt' } },
    );
    const before = await read(sound);
    const { headerLength } = before.file;
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes.subarray(8, headerLength));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: headerLength - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const bytes = sound.slice();
          bytes[at] = (bytes[at] ?? 0) ^ flip;
          const after = await read(bytes);
          if (after.faults.length > 0) return;
          // silence is right only where names, metadata or an equal-sized dtype were changed
          const { tensors: got } = after;
          expect(got.map((one) => one.byteLength)).toEqual(before.tensors.map((one) => one.byteLength));
          expect(got.map((one) => one.offset)).toEqual(before.tensors.map((one) => one.offset));
          expect(JSON.parse(text(bytes))).toBeTypeOf('object');
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('cut anywhere has a fault', async () => {
    const sound = buildSafetensors([{ name: 'a', shape: [3, 3] }], { metadata: { format: 'pt' } });
    for (let length = 0; length < sound.length; length += 1) {
      expect((await read(sound.subarray(0, length))).faults.length).toBeGreaterThan(0);
    }
  });
});
