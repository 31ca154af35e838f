import { expect, test } from 'vitest';
import { normalNoise } from '../../src/schedule/noise.ts';
import { GraphBuilder } from '../../src/smoke/compile/graph.ts';
import { attend, type RowScope } from '../../src/smoke/compile/layers.ts';
import type { Weights } from '../../src/smoke/compile/weights.ts';
import { openEngine, type Values } from '../../src/smoke/engine.ts';

const [BATCH, QUERIES, KEYS, HEADS, WIDTH] = [2, 17, 5, 3, 12];

test('the largest product of a query and a key is that of every eighth query with all keys', async () => {
  const graph = new GraphBuilder();
  const sizes = { q: QUERIES, k: KEYS, v: KEYS };
  const inputs = Object.entries(sizes).map(([name, rows]) => {
    const dims = [BATCH, rows, WIDTH];
    graph.input(name, 'FLOAT', dims);
    return { name, type: 'FLOAT', dims } as const;
  });
  const scores: string[] = [];
  const batch = graph.ints([BATCH]);
  const scope: RowScope = { graph, weights: undefined as unknown as Weights, batch, scores };
  graph.output(attend(scope, 'q', 'k', 'v', HEADS, WIDTH), 'out', [BATCH * QUERIES, WIDTH]);
  graph.output(scores[0] as string, 'score', [1, 1]);
  const engine = await openEngine(
    {
      model: graph.finish('attend'),
      inputs,
      outputs: [{ name: 'score', type: 'FLOAT', dims: [1, 1] }],
      divisor: 1,
      taps: [],
      scores: [],
      moments: [],
      externalFiles: [],
      converted: [],
    },
    '.',
  );
  const noise = normalNoise(1);
  const fed = new Map<string, Values>(
    inputs.map(({ name, dims }) => [
      name,
      { data: Float32Array.from(noise(dims.reduce((a, b) => a * b, 1))), dims },
    ]),
  );
  const found = await engine.run(fed);
  await engine.dispose();

  const [q, k] = ['q', 'k'].map((name) => fed.get(name)?.data as Float32Array) as [
    Float32Array,
    Float32Array,
  ];
  const each = WIDTH / HEADS;
  let largest = 0;
  for (let picture = 0; picture < BATCH; picture += 1)
    for (const query of [0, 8, 16])
      for (let key = 0; key < KEYS; key += 1)
        for (let head = 0; head < HEADS; head += 1) {
          let product = 0;
          for (let at = head * each; at < (head + 1) * each; at += 1)
            product +=
              (q[(picture * QUERIES + query) * WIDTH + at] as number) *
              (k[(picture * KEYS + key) * WIDTH + at] as number);
          largest = Math.max(largest, Math.abs(product));
        }
  expect(Number(found.get('score')?.data[0])).toBeCloseTo(largest, 4);
});
