import { beforeAll, describe, expect, test } from 'vitest';
import { Elements } from '../../src/formats/elements.ts';
import { fusedOrderOf } from '../../src/values/conventions/fused.ts';
import { type FusedOrder, readHeads, readSinusoid } from '../../src/values/index.ts';
import type { Matrix } from '../../src/values/weights.ts';
import { permutation, random } from './damage.ts';
import { loadNet, type MemoryNet, SHAPES, shapeOf, type Values, withValues } from './memory-net.ts';

describe.each(['sd1-v', 'sd1-eps'] as const)('%s', (name) => {
  let net: MemoryNet;
  beforeAll(async () => {
    net = await loadNet(SHAPES[name]);
  }, 120_000);

  test('has eight heads, by far', async () => {
    const readings = await readHeads(net.net, net.read);
    expect(readings.map(({ width, heads, verdict }) => ({ width, heads, verdict }))).toEqual([
      { width: 64, heads: 8, verdict: 'told' },
    ]);
    for (const { contrast, next } of readings) expect(contrast).toBeGreaterThan(1.3 * next.contrast);
  });

  test('tells no heads where the rows of its queries stand in any order', async () => {
    const draw = random(1);
    const mixed = queries(net, (rows) => permutation(rows, draw));
    for (const { verdict } of await readHeads(mixed.net, mixed.read)) expect(verdict).toBe('unclear');
  });

  test.each(['by head', 'by kind'] as const)('its projections fused %s are told to be so', async (order) => {
    const reading = await fusedOrderOf(fused(net, 64, 8, order));
    expect(reading).toMatchObject({ verdict: 'told', order, heads: 8 });
    expect(reading?.otherOrder).toBeLessThan(5);
  });

  test('has its cosines first, as it was trained, or says that it cannot tell', async () => {
    const reading = await readSinusoid(net.net, net.read);
    expect(reading?.cosineFirst).toBe(true);
    const turned = halvesTurned(net);
    const other = await readSinusoid(turned.net, turned.read);
    expect(other?.cosineFirst).toBe(false);
    expect(other?.verdict).toBe(reading?.verdict);
  });
});

/** The rows of each to_q in another order. */
function queries(net: MemoryNet, order: (rows: number) => readonly number[]): MemoryNet {
  const values: Values = new Map(
    [...net.values].map(([name, floats]) => {
      if (!name.endsWith('to_q.weight')) return [name, floats];
      const rows = shapeOf(net, name)[0] ?? 1;
      const run = floats.length / rows;
      const moved = new Float32Array(floats.length);
      for (const [to, from] of order(rows).entries()) {
        moved.set(floats.subarray(from * run, (from + 1) * run), to * run);
      }
      return [name, moved];
    }),
  );
  return withValues(net.net, values);
}

/** Sines where the cosines were. */
function halvesTurned(net: MemoryNet): MemoryNet {
  const name = 'time_embedding.linear_1.weight';
  const floats = net.values.get(name) as Float32Array;
  const width = shapeOf(net, name)[1] as number;
  const moved = floats.map((_, at) => {
    const column = at % width;
    return floats[at - column + ((column + width / 2) % width)] as number;
  });
  return withValues(net.net, new Map([...net.values, [name, moved]]));
}

/** The self-attentions of one width with their three projections in one matrix. */
function fused(net: MemoryNet, width: number, heads: number, order: FusedOrder): readonly Matrix[] {
  const dim = width / heads;
  const names = [...net.values.keys()].filter(
    (name) => name.endsWith('attn1.to_q.weight') && shapeOf(net, name)[0] === width,
  );
  return names.slice(0, 6).map((name) => {
    const parts = ['to_q', 'to_k', 'to_v'].map(
      (leaf) => net.values.get(name.replace('to_q', leaf)) as Float32Array,
    );
    const data = new Float32Array(3 * width * width);
    for (const [kind, part] of parts.entries()) {
      for (let row = 0; row < width; row += 1) {
        const head = Math.floor(row / dim);
        const to = order === 'by kind' ? kind * width + row : (3 * head + kind) * dim + (row % dim);
        data.set(part.subarray(row * width, (row + 1) * width), to * width);
      }
    }
    const slice = async (from: number, to: number): Promise<Float32Array> =>
      data.subarray(from * width, to * width);
    const elements = async (from: number, to: number): Promise<Elements> =>
      new Elements(await slice(from, to));
    return { rows: 3 * width, inputs: width, taps: 1, slice, elements };
  });
}
