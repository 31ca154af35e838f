import * as fc from '../../build/properties.ts';
import { expect, test } from 'vitest';
import { Budget } from '../../../src/bytes/budget.ts';
import { memorySource } from '../../../src/bytes/memory.ts';
import { elementCount } from '../../../src/formats/checkpoint.ts';
import { byteLengthOf } from '../../../src/formats/dtype.ts';
import { decodeFloats } from '../../../src/formats/decode.ts';
import { readOnnx } from '../../../src/formats/onnx/index.ts';
import { looksLikeOnnx } from '../../../src/formats/onnx/sniff.ts';
import type { FileContent } from '../../../src/formats/reader.ts';
import { readTensor } from '../../../src/formats/read-tensor.ts';
import { concat } from '../../build/bytes.ts';
import {
  buildOnnx,
  float,
  graphFields,
  int,
  len,
  model,
  ONNX_DTYPES,
  type OnnxTensor,
  soundOnnx,
  varint,
} from '../../build/onnx.ts';

const SEED = 20_261_123;

const tensor = fc
  .record({
    name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 15 }),
    dtype: fc.constantFrom(...ONNX_DTYPES),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    fill: fc.integer({ min: 0, max: 255 }),
  })
  .map(({ name, dtype, shape, fill }): OnnxTensor => {
    const data = new Uint8Array(byteLengthOf(dtype, elementCount(shape))).fill(fill);
    return { name, dtype, shape, data };
  });
const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, minLength: 1, maxLength: 12 });
const texts = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.string({ unit: 'grapheme' })), {
  selector: ([key]) => key,
});

test('what is written is read, without a fault', async () => {
  const property = fc.asyncProperty(tensors, texts, async (list, metadata) => {
    const written = metadata.filter(([key]) => key !== 'producer_name');
    const bytes = buildOnnx({
      nodes: [],
      tensors: list,
      inputs: [['x', [1, 3, 'height', 8]]],
      outputs: [],
      metadata: Object.fromEntries(written),
    });
    const source = memorySource('m.onnx', bytes);
    const read = await readOnnx(source);
    expect(read.faults).toEqual([]);
    expect(looksLikeOnnx(bytes.subarray(0, 512))).toBe(true);
    expect(new Map([...read.metadata].slice(1))).toEqual(
      new Map(Object.entries(Object.fromEntries(written))),
    );
    expect(read.tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(
      list.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    );
    expect(read.graph?.inputs[0]?.dims).toEqual([1, 3, 'height', 8]);
    for (const [index, each] of read.tensors.entries()) {
      expect(await readTensor(source, each)).toEqual(list[index]?.data);
    }
  });
  await fc.assert(property, { seed: SEED, numRuns: 200 });
});

/** What holds whatever stands in the file. */
function check({ file, tensors: found, metadata, faults, graph }: FileContent, size: number): void {
  expect(file.headerLength).toBeLessThanOrEqual(size);
  const numbers = found.flatMap(({ shape, offset, byteLength }) => [...shape, offset, byteLength]);
  expect(numbers.filter((number) => !Number.isSafeInteger(number) || number < 0)).toEqual([]);
  expect(found.length + (graph?.nodes.length ?? 0)).toBeLessThanOrEqual(size);
  const kept = [...metadata].reduce((sum, [key, text]) => sum + key.length + text.length, 0);
  expect(kept).toBeLessThanOrEqual(size + 200);
  expect(faults.length).toBeLessThan(200);
}

test('any bytes are read or refused, never thrown at', async () => {
  const property = fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (tail) => {
    const bytes = concat(Uint8Array.of(0x08, 9), tail);
    check(await readOnnx(memorySource('m.onnx', bytes)), bytes.length);
  });
  await fc.assert(property, { seed: SEED, numRuns: 500 });
});

test('each byte of a model turned into others', async () => {
  const sound = soundOnnx();
  let told = 0;
  for (const at of sound.keys()) {
    for (const change of [0x01, 0x08, 0x80, 0xff]) {
      const bytes = sound.with(at, (sound[at] as number) ^ change);
      // what is read does not depend on what a length claims
      const budget = new Budget(20 * bytes.length);
      const content = await readOnnx(budget.guard(memorySource('m.onnx', bytes)));
      check(content, bytes.length);
      if (content.faults.length > 0) told += 1;
    }
  }
  // numbers of weights, texts and names may be anything: the rest shows
  expect(told).toBeGreaterThan(sound.length * 2);
});

test('a model cut at every length', async () => {
  const sound = soundOnnx();
  for (let length = 0; length < sound.length; length += 1) {
    check(await readOnnx(memorySource('m.onnx', sound.subarray(0, length))), length);
  }
});

const one = (dtype: number, dims: readonly number[], ...fields: Uint8Array[]): Uint8Array => {
  const tensorProto = concat(...dims.map((dim) => int(1, dim)), int(2, dtype), len(8, 'w'), ...fields);
  return model([...graphFields({ nodes: [], tensors: [], inputs: [], outputs: [] }), len(5, tensorProto)]);
};

test.each([
  ['floats', one(1, [2], len(4, new Uint8Array(Float32Array.of(1.5, -2).buffer))), [1.5, -2]],
  ['halves as their bits', one(10, [2], len(5, concat(varint(0x3e00), varint(0xc000)))), [1.5, -2]],
  [
    'whole numbers, negative too',
    one(7, [3], len(7, concat(varint(1), varint(-5), varint(300)))),
    [1, -5, 300],
  ],
  ['bytes', one(3, [2], len(5, concat(varint(-128), varint(127)))), [-128, 127]],
  ['numbers along two axes', one(6, [2, 2], len(5, Uint8Array.of(1, 2, 3, 4))), [1, 2, 3, 4]],
])('%s in a field of their own', async (_, bytes, expected) => {
  const source = memorySource('m.onnx', bytes);
  const { tensors: found, faults } = await readOnnx(source);
  expect(faults).toEqual([]);
  const [first] = found;
  if (first === undefined) throw new Error('no tensor');
  expect([...decodeFloats(await readTensor(source, first), first.dtype)]).toEqual(expected);
});

test('numbers that are not packed are named, and not read wrongly', async () => {
  const { faults, tensors: found } = await readOnnx(
    memorySource('m.onnx', one(1, [2], float(4, 1), float(4, 2))),
  );
  expect(faults.map(({ kind }) => kind)).toEqual(['tensor-not-read']);
  expect(found[0]?.offset).toBeGreaterThan(0);
});

test.each([
  ['a text', '\b\n'],
  ['a page', '<!doctype html>'],
  ['JSON', '{"version": 8}'],
  ['nothing', ''],
])('%s is no ONNX model', (_, text) => {
  expect(looksLikeOnnx(new TextEncoder().encode(text))).toBe(false);
});
