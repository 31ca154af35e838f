import { assert, asyncProperty, integer } from '../../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../../src/bytes/memory.ts';
import { identifyComponents } from '../../../src/components/index.ts';
import { openCheckpoint } from '../../../src/formats/index.ts';
import { type CheckpointValues, readValues } from '../../../src/values/index.ts';
import type { EqualStretch } from '../../../src/values/scan/equal-stretches.ts';
import { buildSafetensors, type TensorSpec } from '../../build/safetensors.ts';
import { random } from '../damage.ts';

const PAGE = 4096;

/** Names that are a LoRA's, so that any shapes will do. */
function nameOf(index: number): string {
  return `lora_unet_mid_block_attentions_${index}_proj_in.lora_down.weight`;
}

type Matrix = readonly [rows: number, columns: number];

/** Sixteen-bit floats of one magnitude and less. */
function numbers([rows, columns]: Matrix, seed: number): Uint8Array {
  const draw = random(seed);
  const codes = Uint16Array.from({ length: rows * columns }, () => {
    return Math.floor(draw() * 0x3c00) | (draw() < 0.5 ? 0x8000 : 0);
  });
  return new Uint8Array(codes.buffer);
}

function specsOf(matrices: readonly (readonly [Matrix, Uint8Array])[]): readonly TensorSpec[] {
  return matrices.map(([shape, data], index) => ({ name: nameOf(index), dtype: 'F16', shape, data }));
}

async function valuesOf(bytes: Uint8Array): Promise<CheckpointValues> {
  const source = memorySource('model.safetensors', bytes);
  const checkpoint = await openCheckpoint(source);
  const components = identifyComponents(checkpoint);
  expect(components.map(({ kind }) => kind)).toEqual(['lora']);
  return readValues(checkpoint, components, { open: async () => source, wiring: false });
}

async function stretchesOf(
  matrices: readonly (readonly [Matrix, Uint8Array])[],
): Promise<readonly EqualStretch[]> {
  return (await valuesOf(buildSafetensors(specsOf(matrices)))).stretches ?? [];
}

const SHAPES: readonly Matrix[] = [
  [200, 151],
  [90, 333],
  [310, 97],
];

function drawn(): (readonly [Matrix, Uint8Array])[] {
  return SHAPES.map((shape, index) => [shape, numbers(shape, index + 1)] as const);
}

describe('a stretch that stands twice', () => {
  test('is found wherever it lies, at its place and as long as it is', async () => {
    const place = integer({ min: 0, max: 30_000 });
    await assert(
      asyncProperty(place, place, integer({ min: 0, max: 2 }), async (from, to, at) => {
        const matrices = drawn();
        const [, source] = matrices[0] as readonly [Matrix, Uint8Array];
        const [[, columns], target] = matrices[at] as readonly [Matrix, Uint8Array];
        const a = from - (from % 4);
        const b = to - (to % 4);
        // neither over itself, nor a row in a row's place
        if (at === 0 && (Math.abs(a - b) < PAGE || (a - b) % (2 * columns) === 0)) return;
        if (at !== 0 && a === b) return;
        target.set(source.slice(a, a + PAGE), b);
        const [told, ...others] = await stretchesOf(matrices);
        expect(others).toEqual([]);
        const ends = [told?.first, told?.second].map((end) => [end?.tensor.name, end?.offset]);
        expect(ends.map(([name]) => name).sort()).toEqual([nameOf(0), nameOf(at)].sort());
        // a byte beyond either end may be equal by chance
        expect(Math.abs((told?.length ?? 0) - PAGE)).toBeLessThan(8);
        for (const [name, offset] of ends) {
          const near = [name === nameOf(0) ? [a] : [], name === nameOf(at) ? [b] : []].flat();
          expect(Math.min(...near.map((own) => Math.abs(own - Number(offset))))).toBeLessThan(8);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('is one where it goes on over several tensors', async () => {
    const bytes = buildSafetensors(specsOf(drawn()));
    const middle =
      bytes.length - SHAPES.slice(1).reduce((sum, [rows, columns]) => sum + 2 * rows * columns, 0);
    bytes.copyWithin(middle - 8000, middle - 40_004, middle - 20_004);
    const { stretches = [] } = await valuesOf(bytes);
    expect(stretches).toHaveLength(1);
    expect(Math.abs((stretches[0]?.length ?? 0) - 20_000)).toBeLessThan(8);
  });

  test('is found in what is larger than the pieces that are read', async () => {
    const shape: Matrix = [2500, 1001];
    const data = numbers(shape, 9);
    data.copyWithin(4_190_000, 12_344, 12_344 + PAGE);
    const [told, ...others] = await stretchesOf([[shape, data]]);
    expect(others).toEqual([]);
    expect(told).toMatchObject({ first: { offset: 12_344 }, second: { offset: 4_190_000 }, length: PAGE });
  });
});

describe('what is equal and sound', () => {
  test('numbers that were drawn', async () => {
    expect(await stretchesOf(drawn())).toEqual([]);
  });

  test('a tensor that is there twice, and one that is so but for a few numbers', async () => {
    const [first = [[1, 1], new Uint8Array(2)] as const] = drawn();
    const [shape, data] = first;
    const moved = data.slice();
    for (let at = 5000; at < moved.length; at += 9000) moved[at] = (moved[at] as number) ^ 1;
    expect(await stretchesOf([first, [shape, data.slice()], [shape, moved]])).toEqual([]);
  });

  test('one tensor whole in another, and three as the parts of a fourth', async () => {
    const shape: Matrix = [120, 96];
    const parts = [1, 2, 3].map((seed) => numbers(shape, seed));
    const fused = Uint8Array.from(parts.flatMap((part) => [...part]));
    const all = [...parts.map((part) => [shape, part] as const), [[360, 96], fused] as const];
    expect(await stretchesOf(all)).toEqual([]);
    expect(await stretchesOf([...all].reverse())).toEqual([]);
  });

  test('wider rows that begin with those of another', async () => {
    const narrow = numbers([64, 640], 1);
    const wide = numbers([64, 960], 2);
    for (let row = 0; row < 64; row += 1) wide.set(narrow.subarray(row * 1280, (row + 1) * 1280), row * 1920);
    expect(
      await stretchesOf([
        [[64, 640], narrow],
        [[64, 960], wide],
      ]),
    ).toEqual([]);
  });

  test('rows of a table of words that began as one', async () => {
    const table = numbers([400, 512], 1);
    for (const row of [50, 260, 261, 399]) table.copyWithin(row * 1024, 7 * 1024, 8 * 1024);
    expect(await stretchesOf([[[400, 512], table]])).toEqual([]);
  });

  test('zeros, one number, few numbers, and a pattern', async () => {
    const shape: Matrix = [128, 100];
    const draw = random(4);
    const few = Uint16Array.from({ length: 12_800 }, () => [0x2c00, 0, 0xac00][Math.floor(draw() * 3)] ?? 0);
    const same = new Uint16Array(12_800).fill(0x2e66);
    const pattern = Uint16Array.from({ length: 12_800 }, (_, index) => 0x2c00 + (index % 7) ** 2);
    const all = [few, same, pattern, pattern.map((code) => code ^ 0x8000)].map(
      (codes) => [shape, new Uint8Array(codes.buffer)] as const,
    );
    expect(
      await stretchesOf([...all, [shape, new Uint8Array(25_600)], [[64, 200], new Uint8Array(25_600)]]),
    ).toEqual([]);
  });
});
