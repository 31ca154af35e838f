import { describe, expect, test } from 'vitest';
import { readWiring, type WiringReading } from '../../src/values/index.ts';
import { NetWeights } from '../../src/values/weights.ts';
import { circuitOf } from '../../src/values/wiring/circuit.ts';
import { directionsOf } from '../../src/values/wiring/kernels.ts';
import { measure } from '../../src/values/wiring/measure.ts';
import { noisy, permuteOutputs, random, rounded, transposeKernels } from './damage.ts';
import { loadNet, type MemoryNet, SHAPES, shapeOf, type Values, withValues } from './memory-net.ts';

const GARBLE = ['cross-eps', 'cross-v', 'plain-v', 'plain-x0', 'xl-eps'];
const PATHS = [
  ...GARBLE.map((name) => `fixtures/garble/${name}/unet/diffusion_pytorch_model.safetensors`),
  SHAPES['sd1-v'],
];

async function readingOf(net: MemoryNet, values: Values): Promise<WiringReading> {
  const { net: changed, read } = withValues(net.net, values);
  return readWiring(changed, read, { channels: 64 });
}

/** How well the directions of each layer's kernels fit, by its path. */
async function directions(net: MemoryNet, values: Values): Promise<ReadonlyMap<string, number>> {
  const { net: changed, read } = withValues(net.net, values);
  const weights = new NetWeights(changed, read);
  const circuit = circuitOf(changed, weights);
  const ports = circuit.links.flatMap(({ reader, state }) => [reader, ...state.writers]);
  const patterns = await measure(ports, weights);
  return new Map(directionsOf(circuit, patterns).map(({ layer, z }) => [layer, z]));
}

/** Weights of all 3×3 convolutions. */
function kernels(net: MemoryNet): readonly string[] {
  return [...net.values.keys()].filter((name) => shapeOf(net, name).slice(2).join() === '3,3');
}

describe.each(PATHS)('%s', (path) => {
  test('sound: none is turned, and every layer goes the way of its neighbours', async () => {
    const net = await loadNet(path);
    for (const values of [net.values, rounded(net, 4, 3), noisy(net, 0.2, random(1))]) {
      expect((await readingOf(net, values)).turned).toEqual([]);
      expect(Math.min(...(await directions(net, values)).values())).toBeGreaterThan(-1);
    }
  });

  test('all of them turned is a net of turned pictures, of which the weights know nothing', async () => {
    const net = await loadNet(path);
    const [before, after] = [
      await directions(net, net.values),
      await directions(net, transposeKernels(net, kernels(net))),
    ];
    expect(before.size).toBeGreaterThan(15);
    for (const [layer, z] of before) expect(after.get(layer)).toBeCloseTo(z, 3);
  });
});

test('a layer that is turned alone is named, and no other, wherever its neighbours say enough', async () => {
  const net = await loadNet(PATHS[0] as string);
  const sound = await directions(net, net.values);
  let named = 0;
  for (const [layer, z] of sound) {
    const { turned } = await readingOf(net, transposeKernels(net, [`${layer}.weight`]));
    // turning it turns the sign of both its ends
    expect(turned.map((each) => each.layer)).toEqual(z < 5 ? [] : [layer]);
    named += turned.length;
  }
  expect(named).toBeGreaterThan(0.85 * sound.size);
});

test('permuted channels put the directions at chance, and turn no layer', async () => {
  const net = await loadNet(PATHS[0] as string);
  const layer = 'mid_block.resnets.0.conv1';
  const values = permuteOutputs(net, layer, random(3));
  expect((await readingOf(net, values)).turned).toEqual([]);
  const [before, after] = [await directions(net, net.values), await directions(net, values)];
  expect(after.get(layer)).toBeLessThan((before.get(layer) as number) / 1.5);
});
