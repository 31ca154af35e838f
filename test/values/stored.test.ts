import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { memorySource } from '../../src/bytes/memory.ts';
import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { validateCheckpoint } from '../../src/rules/validate.ts';
import { readValues } from '../../src/values/read-values.ts';
import { tensorsOf } from '../../src/values/stored.ts';

const GRAPH = 'fixtures/onnx/unet-script.onnx';
const PLAIN = 'fixtures/onnx/unet.safetensors';

async function opened(path: string, change: (bytes: Uint8Array, checkpoint: Checkpoint) => void = () => {}) {
  const bytes = new Uint8Array(await readFile(path));
  const checkpoint = await openCheckpoint(memorySource(path, bytes));
  change(bytes, checkpoint);
  const open = async () => memorySource(path, bytes);
  const validated = await validateCheckpoint(checkpoint, {
    readValues: (components) => readValues(checkpoint, components, { open, wiring: true }),
  });
  const { findings, values } = validated;
  return { checkpoint, components: validated.components, findings, values };
}

test('the weights of a graph are read as the net has them, each of its own layer', async () => {
  const { checkpoint, components, values } = await opened(GRAPH);
  const [unet] = components;
  const all = new Set(tensorsOf(checkpoint, components));
  expect(unet?.tensors.filter(({ tensor }) => !all.has(tensor)).map(({ name }) => name)).toEqual([]);
  expect(unet?.tensors.length).toBeGreaterThan(50);
  expect(values?.nets.map(({ unjudged }) => unjudged)).not.toContain('not all of its tensors could be read');
});

test('what has no graph is read as it is', async () => {
  const { checkpoint, components } = await opened(PLAIN);
  expect(tensorsOf(checkpoint, components)).toEqual(checkpoint.parts.flatMap(({ tensors }) => tensors));
});

test('a NaN in a graph is found, and named by its layer', async () => {
  const { findings } = await opened(GRAPH, (bytes, { parts }) => {
    const weight = parts[0]?.tensors.find(({ name }) => name === 'conv_in.weight');
    if (weight === undefined) throw new Error('no conv_in.weight');
    bytes.set(new Uint8Array(Float32Array.of(Number.NaN).buffer), weight.offset);
  });
  const sound = await opened(GRAPH);
  const told = findings.filter(({ rule }) => rule.startsWith('VAL'));
  expect(told.map(({ rule, place }) => [rule, place.tensor])).toContainEqual(['VAL001', 'conv_in.weight']);
  expect(sound.findings.filter(({ rule }) => rule === 'VAL001')).toEqual([]);
});
