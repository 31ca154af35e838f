import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/formats/checkpoint.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import type { PlainDtype } from '../../src/formats/dtype.ts';
import { numbersOf, readNumbers } from '../../src/values/read-numbers.ts';
import { type Sample, sampleOf, sampleTensor } from '../../src/values/scan/sample.ts';
import { encodeFloats } from '../../bench/garble/encode.ts';
import { random } from './damage.ts';

const ROWS = 64;
const ROW = 9 * 32;

function bell(seed: number, deviation = 0.03): Float32Array {
  const draw = random(seed);
  return Float32Array.from(
    { length: ROWS * ROW },
    () => deviation * Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw()),
  );
}

function flat(seed: number): Float32Array {
  const draw = random(seed);
  return Float32Array.from({ length: ROWS * ROW }, () => (2 * draw() - 1) / 17);
}

function as(dtype: PlainDtype, floats: Float32Array): Float32Array {
  return decodeFloats(encodeFloats(floats, dtype), dtype);
}

/** Whole steps of the largest number of each run of `length`, `levels` of them either way. */
function inSteps(floats: Float32Array, length: number, levels: number): Float32Array {
  const rounded = new Float32Array(floats.length);
  for (let from = 0; from < floats.length; from += length) {
    const run = floats.subarray(from, from + length);
    const step = run.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / levels;
    rounded.set(
      run.map((value) => Math.round(value / step) * step),
      from,
    );
  }
  return rounded;
}

function pruned(floats: Float32Array, share: number): Float32Array {
  const bound = floats.map(Math.abs).sort()[Math.floor(share * floats.length)] as number;
  return floats.map((value) => (Math.abs(value) < bound ? 0 : value));
}

function clipped(floats: Float32Array, most: number): Float32Array {
  return floats.map((value) => Math.min(most, Math.max(-most, value)));
}

function told(change: (floats: Float32Array) => Float32Array, draw = bell): readonly string[] {
  const samples = Array.from({ length: 10 }, (_, seed) => sampleOf([change(draw(seed + 1))]));
  const { matrices: _, ...found } = numbersOf(samples);
  return Object.keys(found);
}

describe('what training and every usual format leaves is not told', () => {
  test.each<[string, (floats: Float32Array) => Float32Array]>([
    ['float32', (floats) => floats],
    ['float16', (floats) => as('F16', floats)],
    ['bfloat16', (floats) => as('BF16', floats)],
    ['e4m3 written as floats', (floats) => as('F8_E4M3', floats)],
    ['e5m2 written as floats', (floats) => as('F8_E5M2', floats)],
    [
      'small numbers in e4m3, many of them zero',
      (floats) =>
        as(
          'F8_E4M3',
          floats.map((x) => x / 10),
        ),
    ],
    ['int8, a scale a row', (floats) => inSteps(floats, ROW, 127)],
    ['int8, one scale', (floats) => inSteps(floats, floats.length, 127)],
    ['blocks of 4 bits', (floats) => as('F16', inSteps(floats, 32, 7))],
    ['rows of 5 bits', (floats) => as('F16', inSteps(floats, ROW, 15))],
    ['rows of 5 bits in bfloat16', (floats) => as('BF16', inSteps(floats, ROW, 15))],
  ])('%s', (_, change) => {
    expect(told(change)).toEqual([]);
  });

  test.each<PlainDtype>(['F32', 'F16', 'BF16'])('drawn flat, in %s', (dtype) => {
    expect(told((floats) => as(dtype, floats), flat)).toEqual([]);
  });

  test('any seed, any spread', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 1e-3, max: 3, noNaN: true }),
        fc.constantFrom<PlainDtype>('F32', 'F16', 'BF16', 'F8_E4M3', 'F8_E5M2'),
        (seed, spread, dtype) => {
          const sample = sampleOf([as(dtype, bell(seed, spread))]);
          const { matrices: _, ...found } = numbersOf(Array.from({ length: 8 }, () => sample));
          expect(found).toEqual({});
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('what was done to the numbers is told', () => {
  test.each<[string, (floats: Float32Array) => Float32Array]>([
    ['pruned', (floats) => as('F16', pruned(floats, 0.2))],
    ['pruned', (floats) => as('BF16', pruned(floats, 0.5))],
    ['few', (floats) => as('F16', inSteps(floats, floats.length, 15))],
    ['few', (floats) => inSteps(floats, floats.length, 3)],
    ['clipped', (floats) => as('F16', clipped(floats, 0.06))],
    ['clipped', (floats) => as('BF16', clipped(floats, 0.03))],
  ])('%s', (what, change) => {
    expect(told(change)).toEqual([what]);
  });

  test('only where most matrices have it', () => {
    const [sound, less] = [sampleOf([bell(1)]), sampleOf([pruned(bell(2), 0.5)])];
    const half = [...Array.from({ length: 5 }, () => sound), ...Array.from({ length: 5 }, () => less)];
    expect(numbersOf(half)).toEqual({ matrices: 10 });
    expect(numbersOf([...half, less]).pruned).toMatchObject({ count: 6 });
    expect(numbersOf(Array.from({ length: 7 }, () => less))).toEqual({ matrices: 7 });
  });
});

describe('reading', () => {
  const tensor = (dtype: PlainDtype, bytes: Uint8Array, shape: readonly number[]): Tensor => ({
    name: 'weight',
    dtype,
    shape,
    file: 0,
    offset: 0,
    byteLength: bytes.byteLength,
  });

  test.each(['F16', 'F32', 'F64'] as const)('windows of %s are numbers of the tensor', async (dtype) => {
    const floats = as('F16', bell(3));
    const bytes =
      dtype === 'F64' ? new Uint8Array(Float64Array.from(floats).buffer) : encodeFloats(floats, dtype);
    const all = new Set(floats);
    let most = 0;
    const large = new Uint8Array(4 * bytes.length);
    for (let copy = 0; copy < 4; copy += 1) large.set(bytes, copy * bytes.length);
    const sample = await sampleTensor(tensor(dtype, large, [4 * ROWS, ROW]), async (_, range) => {
      const asked = range === undefined ? large : large.slice(range.from, range.to);
      for (const value of decodeFloats(asked, dtype)) if (!all.has(value)) throw new Error('not of it');
      most = Math.max(most, asked.length);
      return asked;
    });
    expect(sample.elements).toBe(8192);
    expect(most).toBe((512 * bytes.length) / floats.length);
  });

  test('vectors, small matrices, zeros and dtypes of 8 bits are passed over', async () => {
    const bytes = encodeFloats(pruned(bell(4), 0.5), 'F16');
    const eight = encodeFloats(pruned(bell(4), 0.5), 'F8_E5M2');
    const given: readonly (readonly [Tensor, Uint8Array])[] = [
      [tensor('F16', bytes, [ROWS * ROW]), bytes],
      [tensor('F16', bytes.subarray(0, 4096), [8, 256]), bytes.subarray(0, 4096)],
      [tensor('F16', new Uint8Array(bytes.length), [ROWS, ROW]), new Uint8Array(bytes.length)],
      [tensor('F8_E5M2', eight, [ROWS, ROW]), eight],
    ];
    const held = new Map(given);
    const named = given.map(([each], index) => ({ canonical: `layers.${index}.weight`, tensor: each }));
    const found = await readNumbers(named, async (each) => held.get(each) as Uint8Array);
    expect(found).toEqual({ matrices: 0 });
  });

  test('norms without their biases are told, where most are', async () => {
    const bytes = encodeFloats(bell(4).subarray(0, 64), 'F16');
    const none = new Uint8Array(bytes.length);
    const norms = (lost: number) =>
      Array.from({ length: 9 }, (_, index) => [
        { canonical: `norms.${index}.weight`, tensor: tensor('F16', bytes, [64]), bytes },
        {
          canonical: `norms.${index}.bias`,
          tensor: tensor('F16', bytes, [64]),
          bytes: index < lost ? none : bytes,
        },
        // a layer's own bias may well be zero
        { canonical: `layers.${index}.weight`, tensor: tensor('F16', bytes, [8, 8]), bytes },
        { canonical: `layers.${index}.bias`, tensor: tensor('F16', none, [64]), bytes: none },
      ]).flat();
    const found = (lost: number) => {
      const all = norms(lost);
      const held = new Map(all.map((each) => [each.tensor, each.bytes]));
      return readNumbers(all, async (each) => held.get(each) as Uint8Array);
    };
    expect(await found(4)).toEqual({ matrices: 0 });
    expect(await found(5)).toEqual({ matrices: 0, unbiased: { count: 5, of: 9 } });
  });

  test('a tensor that lies in another order is had whole, once', async () => {
    const bytes = encodeFloats(bell(5), 'F32');
    let reads = 0;
    const layout = { strides: [1, ROWS], extent: bytes.length };
    const strided = { ...tensor('F32', bytes, [ROWS, ROW]), layout } as Tensor;
    const sample: Sample = await sampleTensor(strided, async () => {
      reads += 1;
      return bytes;
    });
    expect([reads, sample.elements]).toEqual([1, ROWS * ROW]);
  });
});
