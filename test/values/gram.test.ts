import { expect, test } from 'vitest';
import { channelsOf } from '../../src/values/channels.ts';
import { correlate, Gram, patternOf, scaleOf } from '../../src/values/gram.ts';
import { holm, quantile, tailOf } from '../../src/values/statistics.ts';
import { permutation, random } from './damage.ts';

/** rows × columns numbers between −1 and 1, in which neighbouring rows share a part. */
function drawn(rows: number, columns: number, seed: number): Float32Array {
  const draw = random(seed);
  const shared = Float32Array.from({ length: columns }, () => 2 * draw() - 1);
  return Float32Array.from(
    { length: rows * columns },
    (_, at) => 2 * draw() - 1 + (Math.floor(at / columns) % 3 === 0 ? (shared[at % columns] as number) : 0),
  );
}

function gramOf(data: Float32Array, rows: number, columns: number): Float64Array {
  const gram = new Gram(rows);
  gram.add(
    data,
    Int32Array.from({ length: rows }, (_, row) => row * columns),
    columns,
  );
  return gram.finish();
}

test.each([
  [4, 3],
  [7, 512],
  [33, 1300],
])('a Gram matrix of %i rows and %i columns is the sum of their products', (rows, columns) => {
  const data = drawn(rows, columns, rows);
  const gram = gramOf(data, rows, columns);
  for (let i = 0; i < rows; i += 1) {
    for (let j = i; j < rows; j += 1) {
      let sum = 0;
      for (let k = 0; k < columns; k += 1) {
        sum += (data[i * columns + k] as number) * (data[j * columns + k] as number);
      }
      expect(gram[i * rows + j]).toBeCloseTo(sum, 3);
    }
  }
});

test('the correlation of permuted patterns has mean 0 and variance 2/(n(n−3))', () => {
  const [n, columns, times] = [24, 40, 4000];
  const a = patternOf(gramOf(drawn(n, columns, 1), n, columns), n) as Float32Array;
  const data = drawn(n, columns, 2);
  const draw = random(3);
  const found = Array.from({ length: times }, () => {
    const order = permutation(n, draw);
    const moved = Float32Array.from(
      { length: n * columns },
      (_, at) => data[(order[Math.floor(at / columns)] as number) * columns + (at % columns)] as number,
    );
    return correlate(a, patternOf(gramOf(moved, n, columns), n) as Float32Array) * scaleOf(n);
  });
  const mean = found.reduce((sum, z) => sum + z, 0) / times;
  const variance = found.reduce((sum, z) => sum + z * z, 0) / times;
  // five standard errors of 4000 draws
  expect(Math.abs(mean)).toBeLessThan(0.08);
  expect(Math.abs(variance - 1)).toBeLessThan(0.12);
});

test('a pattern does not change with the scale of a channel, and turns with its sign', () => {
  const [n, columns] = [9, 50];
  const data = drawn(n, columns, 5);
  const scaled = data.map((value, at) => value * (Math.floor(at / columns) === 2 ? -7 : 1));
  const signs = Int8Array.from({ length: n }, (_, row) => (row === 2 ? -1 : 1));
  const plain = patternOf(gramOf(data, n, columns), n) as Float32Array;
  const turned = patternOf(gramOf(scaled, n, columns), n, signs) as Float32Array;
  expect(correlate(plain, turned)).toBeCloseTo(1, 5);
  expect(correlate(plain, patternOf(gramOf(scaled, n, columns), n) as Float32Array)).toBeLessThan(0.95);
});

test('a layer that was never filled has no pattern', () => {
  const [n, columns] = [8, 10];
  const data = drawn(n, columns, 1).fill(0, 0, 5 * columns);
  expect(patternOf(gramOf(data, n, columns), n)).toBeUndefined();
  expect(patternOf(gramOf(new Float32Array(n * columns).fill(Number.NaN), n, columns), n)).toBeUndefined();
});

test('channels are drawn once for a width, in order, none twice', () => {
  const some = channelsOf(1280, 256);
  expect(some).toHaveLength(256);
  expect(new Set(some).size).toBe(256);
  expect([...some]).toEqual([...some].sort((a, b) => a - b));
  expect([...channelsOf(1280, 256)]).toEqual([...some]);
  expect([...channelsOf(5, 256)]).toEqual([0, 1, 2, 3, 4]);
});

test('tails of the normal', () => {
  // Abramowitz and Stegun, table 26.1 and 26.2
  expect(tailOf(0)).toBeCloseTo(0.5, 7);
  expect(tailOf(1.96)).toBeCloseTo(0.0249979, 6);
  expect(tailOf(-1.96)).toBeCloseTo(0.9750021, 6);
  expect(tailOf(5) / 2.866516e-7).toBeCloseTo(1, 5);
});

test("Holm's procedure stops at the first that could be chance", () => {
  expect(holm([0.01, 0.06, 0.03, 0.001], 0.05)).toEqual([true, false, false, true]);
  expect(holm([0.03], 0.05)).toEqual([true]);
  expect(holm([], 0.05)).toEqual([]);
});

test('quantiles', () => {
  expect(quantile([3, 1, 2, 4], 0)).toBe(1);
  expect(quantile([3, 1, 2, 4], 0.5)).toBe(3);
  expect(quantile([], 0.5)).toBeNaN();
});
