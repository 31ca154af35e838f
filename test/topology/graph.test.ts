import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openTree } from '../../src/bytes/file.ts';
import { memorySource } from '../../src/bytes/memory.ts';
import type { ByteSource } from '../../src/bytes/source.ts';
import type { Component } from '../../src/components/component.ts';
import { identifyComponents } from '../../src/components/index.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { readTensor } from '../../src/formats/read-tensor.ts';
import { blocksOf, type Net } from '../../src/topology/net.ts';
import { sizesAt } from '../../src/topology/resolution.ts';
import { buildOnnx, ints, type OnnxGraph, type OnnxNode } from '../build/onnx.ts';

const FIXTURES = 'fixtures/onnx';
/** Where `fixtures/onnx/make/make.py --shapes` was told to put the export of the shapes U-Net. */
const SHAPES = 'fixtures/onnx/make/out';

async function load(
  folder: string,
  file: string,
): Promise<{ source: ByteSource; components: readonly Component[] }> {
  const tree = await openTree(folder);
  const source = await tree.open(file);
  const checkpoint = await openCheckpoint(source, { beside: async () => tree });
  expect(checkpoint.faults).toEqual([]);
  return { source, components: identifyComponents(checkpoint) };
}

/** The whole of a net but where its tensors lie. */
function shapeOf(net: Net): unknown {
  return JSON.parse(
    JSON.stringify(net, (key, value: unknown) =>
      key === 'tensor' ? (value as { shape: unknown }).shape : value,
    ),
  );
}

function netOf(components: readonly Component[]): Net {
  const [unet, ...others] = components.filter(({ kind }) => kind === 'unet');
  if (unet?.net === undefined || others.length > 0) throw new Error('not one U-Net');
  expect(unet.problems).toEqual([]);
  return unet.net;
}

async function valuesOf(net: Net, source: ByteSource): Promise<ReadonlyMap<string, readonly number[]>> {
  const values = new Map<string, readonly number[]>();
  for (const { canonical, tensor } of blocksOf(net).flatMap(({ tensors }) => tensors)) {
    values.set(canonical, [...decodeFloats(await readTensor(source, tensor), tensor.dtype)]);
  }
  return values;
}

describe('a diffusers U-Net exported to ONNX', () => {
  const exports: readonly (readonly [string, string, string])[] = [
    [FIXTURES, 'unet-script.onnx', `${FIXTURES}/unet.safetensors`],
    [FIXTURES, 'unet-export.onnx', `${FIXTURES}/unet.safetensors`],
    [SHAPES, 'shapes-script.onnx', 'fixtures/shapes/sd1-v/unet/diffusion_pytorch_model.safetensors'],
    [SHAPES, 'shapes-export.onnx', 'fixtures/shapes/sd1-v/unet/diffusion_pytorch_model.safetensors'],
  ];
  const there = exports.filter(([folder, file]) => existsSync(`${folder}/${file}`));

  test.each(there)('%s/%s is the same net as %s, number by number', async (folder, file, like) => {
    const exported = await load(folder, file);
    const at = like.lastIndexOf('/');
    const original = await load(like.slice(0, at), like.slice(at + 1));
    const [net, same] = [netOf(exported.components), netOf(original.components)];
    expect(shapeOf(net)).toEqual(shapeOf(same));
    expect(await valuesOf(net, exported.source)).toEqual(await valuesOf(same, original.source));
    await exported.source.close();
    await original.source.close();
  });

  test('equal weights that the exporter stored once belong to each module that has them', async () => {
    const { source, components } = await load(FIXTURES, 'unet-script.onnx');
    const tensors = blocksOf(netOf(components)).flatMap((block) => block.tensors);
    const norms = tensors.filter(({ canonical }) => /resnets\.\d\.norm2\.weight$/.test(canonical));
    expect(new Set(norms.map(({ tensor }) => tensor.offset)).size).toBeLessThan(norms.length);
    await source.close();
  });
});

describe('a net read off its graph', () => {
  test('a segmentation net with one skip beside what comes from below and one added to it', async () => {
    const { source, components } = await load(FIXTURES, 'segmenter.onnx');
    await source.close();
    const net = netOf(components);
    expect(net.family).toMatchObject({ title: 'convolutional U-Net', known: 'measured', from: 'its graph' });
    expect([net.inChannels?.value, net.outChannels?.value]).toEqual([3, 1]);
    expect(net.skips).toEqual([
      {
        producer: 'lower.3',
        consumer: 'raise_bottom',
        channels: 12,
        below: 12,
        expects: 12,
        divisor: 2,
        consumerDivisor: 2,
        join: 'add',
        holds: true,
      },
      {
        producer: 'enter.3',
        consumer: 'leave.0',
        channels: 8,
        below: 12,
        expects: 20,
        divisor: 1,
        consumerDivisor: 1,
        join: 'concat',
        holds: true,
      },
    ]);
    const stages = [...net.encoder, ...(net.middle === undefined ? [] : [net.middle]), ...net.decoder];
    expect(stages.map(({ id, channels, divisor }) => [id, channels, divisor])).toEqual([
      ['encoder.0', 8, 1],
      ['encoder.1', 12, 2],
      ['middle', 16, 4],
      ['decoder.1', 12, 2],
      ['decoder.0', 8, 1],
    ]);
    const ids = blocksOf(net).map(({ id }) => id);
    expect(ids).toEqual([
      'enter.0',
      'enter.3',
      'pool.MaxPool',
      'lower.0',
      'lower.3',
      'pool_1.MaxPool',
      'bottom.0',
      'bottom.3',
      'raise_bottom',
      'upper.0',
      'upper.3',
      'grow.Resize',
      'leave.0',
      'leave.3',
      'mask',
    ]);
    // an odd picture is rounded down twice, and cannot meet what was kept of it
    expect(sizesAt(net, 18, 17).get('grow.Resize')).toEqual({ height: 16, width: 16 });
    // the batch norms are folded into the convolutions before them
    expect(net.parameters).toBe(components[0]?.parameters);
  });

  const conv = (name: string, from: string, options: Partial<OnnxNode> = {}): OnnxNode => ({
    op: 'Conv',
    name: `/${name}/Conv`,
    inputs: [from, `${name}.weight`],
    outputs: [name],
    ...options,
  });
  const graph = (
    nodes: readonly OnnxNode[],
    widths: Readonly<Record<string, readonly [number, number]>>,
  ): OnnxGraph => ({
    nodes,
    tensors: Object.entries(widths).map(([name, [out, inward]]) => ({
      name: `${name}.weight`,
      dtype: 'F32',
      shape: [out, inward, 3, 3],
    })),
    inputs: [['x', ['n', 3, 'h', 'w']]],
    outputs: [[nodes.at(-1)?.outputs[0] ?? '', ['n', 4, 'h', 'w']]],
  });
  const down = { attributes: [ints('strides', [2, 2])] };
  const up = (name: string, from: string): OnnxNode => ({
    op: 'ConvTranspose',
    name: `/${name}/ConvTranspose`,
    inputs: [from, `${name}.weight`],
    outputs: [name],
    attributes: [ints('strides', [2, 2])],
  });
  const axis = Uint8Array.of(0x0a, 4, 0x61, 0x78, 0x69, 0x73, 0x18, 1);
  const concat = (name: string, ...inputs: string[]): OnnxNode => ({
    op: 'Concat',
    name: `/${name}`,
    inputs,
    outputs: [name],
    attributes: [axis],
  });
  const componentsOf = async (made: OnnxGraph): Promise<readonly Component[]> =>
    identifyComponents(await openCheckpoint(memorySource('m.onnx', buildOnnx(made))));

  test('a sum within one depth is no skip, and a net without skips is no U-Net', async () => {
    const [net] = await componentsOf(
      graph(
        [
          conv('a', 'x'),
          conv('b', 'a', down),
          { op: 'Add', inputs: ['b', 'c'], outputs: ['d'] },
          conv('c', 'b'),
          up('e', 'd'),
        ],
        { a: [4, 3], b: [8, 4], c: [8, 8], e: [8, 4] },
      ),
    );
    expect(net).toMatchObject({ kind: 'leftover', id: 'graph' });
    expect(net?.facts.get('no_unet')?.value).toBe('no Concat or Add in its graph joins two depths');
  });

  test('pictures of several depths laid beside each other at the end are no skips', async () => {
    const [net] = await componentsOf(
      graph(
        [
          conv('a', 'x'),
          conv('b', 'a', down),
          conv('c', 'b', down),
          up('d', 'c'),
          up('e', 'd'),
          up('f', 'b'),
          concat('g', 'e', 'f'),
          conv('h', 'g'),
        ],
        { a: [4, 3], b: [8, 4], c: [8, 8], d: [8, 8], e: [8, 4], f: [8, 4], h: [4, 8] },
      ),
    );
    // from b one way goes deeper and one does not: that is what a skip is; what it feeds stands at the outer size
    expect(net?.net?.skips).toMatchObject([{ producer: 'f', consumer: 'h', below: 4, channels: 4 }]);
  });

  test('a skip whose widths do not come out', async () => {
    const [net] = await componentsOf(
      graph([conv('a', 'x'), conv('b', 'a', down), up('c', 'b'), concat('d', 'c', 'a'), conv('e', 'd')], {
        a: [4, 3],
        b: [8, 4],
        c: [8, 4],
        e: [4, 9],
      }),
    );
    expect(net?.net?.skips).toMatchObject([{ below: 4, channels: 4, expects: 9, holds: false }]);
  });

  test('one Concat of hundreds of values is no net', async () => {
    const names = Array.from({ length: 400 }, (_, index) => `v${index}`);
    const chain = names.map((name, index) =>
      conv(name, names[index - 1] ?? 'x', { inputs: [names[index - 1] ?? 'x', 'all.weight'] }),
    );
    const [net] = await componentsOf(graph([...chain, concat('end', ...names)], { all: [3, 3] }));
    expect(net?.facts.get('no_unet')?.value).toBe('its graph is too large to be followed');
  });

  test('nodes that wait for each other', async () => {
    const [net] = await componentsOf(graph([conv('a', 'b'), conv('b', 'a')], { a: [4, 4], b: [4, 4] }));
    expect(net?.facts.get('no_unet')?.value).toBe('the nodes of its graph wait for each other');
  });
});

const REAL = '../shared/data/real-unets/sed-gen-web.onnx';

test.skipIf(!existsSync(REAL))('a net that others trained: 16, 32 and 64 wide', async () => {
  const { source, components } = await load('../shared/data/real-unets', 'sed-gen-web.onnx');
  await source.close();
  const net = netOf(components);
  expect(net.parameters).toBe(116_753);
  expect([...net.encoder.map(({ channels }) => channels), net.middle?.channels]).toEqual([16, 32, 64]);
  expect(net.skips.map(({ producer, consumer }) => [producer, consumer])).toEqual([
    ['encoder2.2', 'decoder2.0'],
    ['encoder1.2', 'decoder1.0'],
  ]);
});
