import { expect, test } from 'vitest';
import { normalNoise } from '../../src/schedule/noise.ts';
import { GraphBuilder } from '../../src/smoke/compile/graph.ts';
import { MOMENT_CHANNELS, momentsOf } from '../../src/smoke/compile/moments.ts';
import type { Weights } from '../../src/smoke/compile/weights.ts';
import { openEngine } from '../../src/smoke/engine.ts';
import { channelsOf } from '../../src/values/channels.ts';

/** What `momentsOf` gives out for a layer with these weights that reads x. */
async function measured(
  x: { readonly data: Float32Array; readonly dims: readonly number[] },
  weight: { readonly data: Float32Array; readonly dims: readonly number[] },
) {
  const graph = new GraphBuilder();
  const ports = [
    { name: 'x', type: 'FLOAT', dims: x.dims },
    { name: 'weight', type: 'FLOAT', dims: weight.dims },
  ] as const;
  for (const { name, type, dims } of ports) graph.input(name, type, dims);
  const weights = { shape: () => weight.dims, value: () => 'weight' } as unknown as Weights;
  const { given, weights: own, size } = momentsOf(graph, weights, 'x', 'layer', x.dims.length === 4);
  graph.output(given, 'given', [size, size]);
  graph.output(own, 'weights', [size, size]);
  const engine = await openEngine(
    {
      model: graph.finish('moments'),
      inputs: ports,
      outputs: ['given', 'weights'].map((name) => ({ name, type: 'FLOAT', dims: [size, size] })),
      divisor: 1,
      taps: [],
      scores: [],
      moments: [],
      externalFiles: [],
      converted: [],
    },
    '.',
  );
  const found = await engine.run(
    new Map([
      ['x', x],
      ['weight', weight],
    ]),
  );
  await engine.dispose();
  return { size, given: found.get('given')?.data, own: found.get('weights')?.data };
}

/** Σ over places of what two channels have beyond their means; x [b, c, places]. */
function together(x: Float32Array, batch: number, width: number, a: number, b: number): number {
  const places = x.length / batch / width;
  const of = (channel: number): number[] =>
    Array.from({ length: batch * places }, (_, at) => {
      const picture = Math.floor(at / places);
      return x[(picture * width + channel) * places + (at % places)] as number;
    });
  const [left, right] = [of(a), of(b)];
  const mean = (row: number[]): number => row.reduce((sum, value) => sum + value, 0) / row.length;
  const [m, n] = [mean(left), mean(right)];
  return left.reduce((sum, value, at) => sum + (value - m) * ((right[at] as number) - n), 0);
}

const noise = normalNoise(4);

test('a convolution over pixels: what each two of its channels do together, and its kernels', async () => {
  const [batch, width, out, side] = [2, 3, 5, 4];
  const x = noise(batch * width * side * side).map((value) => value + 3);
  const kernel = noise(out * width * 9);
  const { given, own, size } = await measured(
    { data: Float32Array.from(x), dims: [batch, width, side, side] },
    { data: Float32Array.from(kernel), dims: [out, width, 3, 3] },
  );
  expect(size).toBe(width);
  for (let a = 0; a < width; a += 1)
    for (let b = 0; b < width; b += 1) {
      expect(given?.[a * width + b]).toBeCloseTo(together(Float32Array.from(x), batch, width, a, b), 3);
      let product = 0;
      for (let row = 0; row < out; row += 1)
        for (let tap = 0; tap < 9; tap += 1)
          product +=
            (kernel[(row * width + a) * 9 + tap] as number) * (kernel[(row * width + b) * 9 + tap] as number);
      expect(own?.[a * width + b]).toBeCloseTo(product, 4);
    }
});

test('a linear layer over rows, of which so many channels are looked at', async () => {
  const [rows, width, out] = [7, 300, 2];
  const x = Float32Array.from(noise(rows * width));
  const matrix = Float32Array.from(noise(out * width));
  const { given, own, size } = await measured(
    { data: x, dims: [rows, width] },
    { data: matrix, dims: [out, width] },
  );
  expect(size).toBe(MOMENT_CHANNELS);
  const channels = channelsOf(width, MOMENT_CHANNELS);
  for (const [i, j] of [
    [0, 0],
    [1, 255],
    [200, 13],
  ] as const) {
    const [a, b] = [channels[i] as number, channels[j] as number];
    expect(given?.[i * size + j]).toBeCloseTo(together(x, rows, width, a, b), 4);
    const product =
      (matrix[a] as number) * (matrix[b] as number) +
      (matrix[width + a] as number) * (matrix[width + b] as number);
    expect(own?.[i * size + j]).toBeCloseTo(product, 5);
  }
});
