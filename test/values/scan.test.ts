import { assert, asyncProperty, uint8Array } from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/bytes/memory.ts';
import type { Tensor } from '../../src/formats/checkpoint.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import { type Dtype, isBlock, type PlainDtype } from '../../src/formats/dtype.ts';
import { scanTensor, type TensorScan } from '../../src/values/index.ts';
import { random } from './damage.ts';

/** A tensor over these bytes, which stand after others in their file. */
async function scan(
  bytes: Uint8Array,
  dtype: Dtype,
  shape: readonly number[],
): Promise<TensorScan | undefined> {
  const offset = 24;
  const all = new Uint8Array(offset + bytes.length);
  all.set(bytes, offset);
  const tensor: Tensor = { name: 'weight', dtype, shape, file: 0, offset, byteLength: bytes.length };
  return scanTensor(memorySource('a', all), tensor);
}

/** float32 numbers like weights. */
function weights(count: number, draw: () => number): Float32Array {
  return Float32Array.from({ length: count }, () => (draw() + draw() + draw() - 1.5) * 0.05);
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

const SIZES = { F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1, F64: 8 } as const satisfies Partial<
  Record<PlainDtype, number>
>;

describe.each(Object.entries(SIZES))('%s', (name, size) => {
  const dtype = name as keyof typeof SIZES;

  test('any bytes are counted as their numbers one by one would be', async () => {
    await assert(
      asyncProperty(uint8Array({ minLength: 8, maxLength: 400 }), async (given) => {
        const bytes = given.slice(0, given.length - (given.length % size));
        const found = await scan(bytes, dtype, [bytes.length / size]);
        expect(found?.tally).toMatchObject(counted(decodeFloats(bytes, dtype)));
      }),
      { numRuns: 60 },
    );
  });

  test('a large tensor too, the one NaN in it is found and its place told', async () => {
    const draw = random(5);
    const count = 70_001;
    const bytes = Uint8Array.from({ length: count * size }, () => Math.floor(draw() * 256));
    const found = await scan(bytes, dtype, [count]);
    const values = decodeFloats(bytes, dtype);
    expect(found?.tally).toMatchObject(counted(values));
    const index = values.findIndex((value) => !Number.isFinite(value));
    expect(found?.firstNotFinite).toEqual({ index, offset: 24 + index * size });
  });
});

/** The same, the plain way. */
function counted(values: Float32Array) {
  const finite = [...values].filter((value) => Number.isFinite(value));
  const none = finite.length === 0;
  return {
    elements: values.length,
    nan: values.filter((value) => Number.isNaN(value)).length,
    infinite: values.length - finite.length - values.filter((value) => Number.isNaN(value)).length,
    zeros: finite.filter((value) => value === 0).length,
    min: none ? Number.NaN : Math.min(...spread(finite)),
    max: none ? Number.NaN : Math.max(...spread(finite)),
  };
}

/** Minus zero is zero. */
function spread(values: readonly number[]): readonly number[] {
  const extremes = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)] as const,
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const,
  );
  return extremes.map((value) => value + 0);
}

describe('a tensor of trained numbers', () => {
  const draw = random(1);
  const shape = [64, 32, 3, 3];
  const values = weights(64 * 32 * 9, draw);

  test('has nothing that stands out', async () => {
    const found = await scan(bytesOf(values), 'F32', shape);
    expect(found?.tally.mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 8);
    // three even draws of width .05 have a variance of 3·.05²/12
    expect(found?.tally.deviation).toBeCloseTo(0.025, 3);
    expect(found).not.toHaveProperty('outliers');
    expect(found).not.toHaveProperty('zeroRun');
    expect(found).not.toHaveProperty('firstNotFinite');
    expect(found?.dead).toEqual({ outputs: 0, inputs: 0 });
  });

  test('one flipped exponent bit is told, with its place', async () => {
    const changed = values.slice();
    const bits = new Uint32Array(changed.buffer);
    bits[4321] = (bits[4321] as number) ^ 0x40000000;
    const found = await scan(bytesOf(changed), 'F32', shape);
    expect(found?.outliers).toMatchObject({ count: 1, first: { index: 4321, offset: 24 + 4 * 4321 } });
  });

  test('its dead channels are counted, outputs and inputs', async () => {
    const changed = values.slice();
    changed.fill(0, 3 * 288, 5 * 288);
    for (let row = 0; row < 64; row += 1) changed.fill(0, row * 288 + 7 * 9, row * 288 + 8 * 9);
    const found = await scan(bytesOf(changed), 'F32', shape);
    expect(found?.dead).toEqual({ outputs: 2, inputs: 1 });
    expect(found?.tally.zeros).toBe(2 * 288 + 62 * 9);
  });

  test('a run of zeros is told to the kilobyte', async () => {
    const changed = values.slice();
    changed.fill(0, 1000, 3000);
    const found = await scan(bytesOf(changed), 'F32', shape);
    expect(found?.zeroRun).toEqual({ offset: 4096, length: 7168 });
  });

  test('is told from another by one bit, and known again elsewhere', async () => {
    const other = values.slice();
    const first = await scan(bytesOf(values), 'F32', shape);
    expect((await scan(bytesOf(other), 'F32', shape))?.hash).toBe(first?.hash);
    for (const index of [0, 5, values.length - 1]) {
      const bits = new Uint32Array(other.buffer);
      bits[index] = (bits[index] as number) ^ 1;
      expect((await scan(bytesOf(other), 'F32', shape))?.hash).not.toBe(first?.hash);
      bits[index] = (bits[index] as number) ^ 1;
    }
  });

  test('in another order in the file it has the same numbers', async () => {
    const turned = new Float32Array(values.length);
    const [rows, columns] = [64, 288];
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        turned[column * rows + row] = values[row * columns + column] as number;
      }
    }
    const layout = { strides: [1, rows], extent: values.byteLength };
    const tensor: Tensor = {
      name: 'weight',
      dtype: 'F32',
      shape: [rows, columns],
      file: 0,
      offset: 0,
      byteLength: values.byteLength,
      layout,
    };
    const strided = await scanTensor(memorySource('a', bytesOf(turned)), tensor);
    expect(strided?.hash).toBe((await scan(bytesOf(values), 'F32', [rows, columns]))?.hash);
  });
});

test('more than one piece: rows that no piece holds whole, and the work told', async () => {
  const draw = random(2);
  const shape = [1300, 1001];
  const values = weights(1300 * 1001, draw);
  values.fill(0, 700 * 1001, 701 * 1001);
  let told = 0;
  const tensor: Tensor = {
    name: 'w',
    dtype: 'F32',
    shape,
    file: 0,
    offset: 0,
    byteLength: values.byteLength,
  };
  const found = await scanTensor(memorySource('a', bytesOf(values)), tensor, (bytes) => (told += bytes));
  expect(told).toBe(values.byteLength);
  expect(found?.tally.elements).toBe(values.length);
  expect(found?.dead ?? { outputs: 1 }).toMatchObject({ outputs: 1 });
});

test('quantised blocks are counted as the numbers that they stand for', async () => {
  const draw = random(3);
  const dtype = 'Q8_0';
  expect(isBlock(dtype)).toBe(true);
  const bytes = Uint8Array.from({ length: 34 * 64 }, () => Math.floor(draw() * 256));
  // scales that are finite
  for (let at = 1; at < bytes.length; at += 34) bytes[at] = (bytes[at] as number) & 0x3f;
  const found = await scan(bytes, dtype, [64, 32]);
  expect(found?.tally).toMatchObject(counted(decodeFloats(bytes, dtype)));
  expect(found).not.toHaveProperty('dead');
});

test('what no plain numbers are stored as is not scanned', async () => {
  expect(await scan(new Uint8Array(16), 'F4', [32])).toBeUndefined();
  expect(await scan(new Uint8Array(0), 'F32', [0])).toBeUndefined();
});
