import { expect, test } from 'vitest';
import { memorySource } from '../../../src/bytes/memory.ts';
import { openCheckpoint } from '../../../src/formats/index.ts';
import { appendToGraph } from '../../../src/formats/onnx/append.ts';
import { concat } from '../../build/bytes.ts';
import { buildOnnxDefect, len, soundOnnx } from '../../build/onnx.ts';

/** y once more, under the name z, given out. */
const MORE = concat(
  len(1, concat(len(1, 'y'), len(2, 'z'), len(4, 'Identity'))),
  len(12, concat(len(1, 'z'), len(2, len(1, Uint8Array.of(8, 1))))),
);

test('what is put into a graph stands behind what it has, and nothing else changes', async () => {
  const sound = soundOnnx();
  const [before, after] = await Promise.all(
    [sound, appendToGraph(sound, MORE)].map((bytes) => openCheckpoint(memorySource('model.onnx', bytes))),
  );
  expect(after?.faults).toEqual([]);
  const [old, now] = [before?.parts[0]?.graph, after?.parts[0]?.graph];
  expect(now?.nodes.map(({ op }) => op)).toEqual([...(old?.nodes.map(({ op }) => op) ?? []), 'Identity']);
  expect(now?.outputs.map(({ name }) => name)).toEqual(['y', 'z']);
  expect(now?.inputs).toEqual(old?.inputs);
  expect(now?.opsets).toEqual(old?.opsets);
  expect(after?.parts[0]?.tensors.map(({ name, shape }) => [name, shape])).toEqual(
    before?.parts[0]?.tensors.map(({ name, shape }) => [name, shape]),
  );
});

test.each(['no-graph', 'graph-cut'] as const)('%s: is refused', (defect) => {
  expect(() => appendToGraph(buildOnnxDefect(defect), MORE)).toThrow(RangeError);
});
