import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFile } from '../../src/bytes/file.ts';
import { compile } from '../../src/smoke/compile/index.ts';
import { type Engine, openEngine, type Values } from '../../src/smoke/engine.ts';
import type { Net } from '../../src/topology/net.ts';
import { NetWeights, tensorReader } from '../../src/values/weights.ts';
import { Golden, load, type Opened } from './golden.ts';

let temporary: string;
let lcm: Opened;
let engine: Engine;
const golden = new Golden('lcm');
const inputs = () => golden.inputs(981);

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'ungarble-smoke-'));
  lcm = await golden.diffusers(temporary, 'F16');
  engine = await load(lcm, {}, true);
});
afterAll(async () => {
  await engine.dispose();
  await rm(temporary, { recursive: true, force: true });
});

const compiled = (net: Net) => compile(net, { files: lcm.checkpoint.files });

describe('the graph', () => {
  test('names what enters and leaves', () => {
    const { graph } = engine;
    expect(graph.inputs.map(({ name, dims }) => `${name} [${dims.join(', ')}]`)).toEqual([
      'sample [batch, 4, height, width]',
      'timestep [batch]',
      'timestep_cond [batch, 24]',
      'encoder_hidden_states [batch, tokens, 48]',
    ]);
    expect(graph.outputs.map(({ name, dims }) => `${name} [${dims.join(', ')}]`)).toEqual([
      'out_sample [batch, 4, height, width]',
      `taps [${graph.taps.length}, 3]`,
      'features [batch, 32, height, width]',
      `scores [${graph.scores.length}, 1]`,
    ]);
    expect(graph.divisor).toBe(2);
    expect(graph.externalFiles).toEqual(['diffusion_pytorch_model.safetensors']);
  });

  test('holds no weights', async () => {
    const { size } = await stat(join(lcm.folder, 'diffusion_pytorch_model.safetensors'));
    expect(engine.graph.model.length).toBeLessThan(size / 10);
  });

  test('takes one picture, another size and another text as well', async () => {
    const both = await engine.run(inputs());
    const half = ({ data, dims: [batch = 1, ...rest] }: Values): Values => ({
      data: data.slice(0, data.length / batch),
      dims: [1, ...rest],
    });
    const one = await engine.run(new Map([...inputs()].map(([name, values]) => [name, half(values)])));
    const [alone, first] = [one.get('out_sample'), half(both.get('out_sample') as Values)];
    expect(alone?.dims).toEqual([1, 4, 16, 24]);
    expect(Number(alone?.data[100])).toBeCloseTo(Number(first.data[100]), 5);
    const other = inputs()
      .set('sample', { data: new Float32Array(2 * 4 * 6 * 10), dims: [2, 4, 6, 10] })
      .set('encoder_hidden_states', { data: new Float32Array(2 * 77 * 48), dims: [2, 77, 48] });
    expect((await engine.run(other)).get('out_sample')?.dims).toEqual([2, 4, 6, 10]);
  });
});

describe('taps', () => {
  test('measure what leaves each block', async () => {
    const found = await engine.run(inputs());
    const blocks = engine.graph.taps;
    expect(blocks.slice(0, 3)).toEqual(['conv_in', 'down_blocks.0.resnets.0', 'down_blocks.0.attentions.0']);
    expect(blocks.at(-1)).toBe('conv_out');
    const out = [...(found.get('out_sample')?.data ?? [])].map(Number);
    const mean = out.reduce((sum, x) => sum + x, 0) / out.length;
    const spread = Math.sqrt(out.reduce((sum, x) => sum + (x - mean) ** 2, 0) / out.length);
    const last = [...(found.get('taps')?.data.slice(-3) ?? [])].map(Number);
    const right = [Math.max(...out.map(Math.abs)), mean, spread];
    for (const [column, value] of right.entries()) expect(last[column]).toBeCloseTo(value, 5);
  });

  test('the features are what the last convolution reads', async () => {
    const found = await engine.run(inputs());
    const [out, features] = [found.get('out_sample'), found.get('features')] as [Values, Values];
    const [, channels = 0, height = 0, width = 0] = features.dims;
    const source = await openFile(join(lcm.folder, lcm.checkpoint.files[0]?.path ?? ''));
    const read = tensorReader(async () => source);
    const weights = new NetWeights(lcm.net, read);
    const [weight, bias] = [await weights.floats('conv_out.weight'), await weights.floats('conv_out.bias')];
    await source.close();
    const at = (y: number, x: number): number => {
      let sum = bias?.[0] as number;
      for (let tap = 0; tap < channels * 9; tap += 1) {
        const [channel, down, across] = [
          Math.floor(tap / 9),
          y + (Math.floor(tap / 3) % 3) - 1,
          x + (tap % 3) - 1,
        ];
        if (down < 0 || across < 0 || down >= height || across >= width) continue;
        sum += (weight?.[tap] as number) * Number(features.data[(channel * height + down) * width + across]);
      }
      return sum;
    };
    for (const [y, x] of [
      [0, 0],
      [2, 3],
      [height - 1, 1],
    ] as const)
      expect(Number(out.data[y * width + x])).toBeCloseTo(at(y, x), 3);
  });

  test('give the products of queries and keys of each block with attention', async () => {
    const found = await engine.run(inputs());
    const { scores, taps } = engine.graph;
    expect(scores.length).toBeGreaterThan(2);
    expect(scores.filter((block) => !/\.attentions\.\d+$/.test(block) || !taps.includes(block))).toEqual([]);
    expect([...(found.get('scores')?.data ?? [])].filter((value) => !(Number(value) > 0))).toEqual([]);
  });

  test('show where numbers stop being finite', async () => {
    const broken = inputs();
    broken.get('encoder_hidden_states')?.data.fill(Number.NaN as never);
    const rows = [...((await engine.run(broken)).get('taps')?.data ?? [])].map(Number);
    const bad = engine.graph.taps.find((_, row) => !rows.slice(3 * row, 3 * row + 3).every(Number.isFinite));
    expect(bad).toBe('down_blocks.0.attentions.0');
  });
});

describe('a net that cannot be run is refused', () => {
  const inHead = (net: Net, change: object): Net => {
    const tensors = net.head.tensors.map((owned) => ({ ...owned, tensor: { ...owned.tensor, ...change } }));
    return { ...net, head: { ...net.head, tensors } };
  };

  test.each<readonly [string, (net: Net) => Net, string]>([
    ['video', (net) => ({ ...net, spatialDims: 3 }), 'nets that mix over frames are not run'],
    [
      'a skip that does not fit',
      (net) => ({ ...net, skips: net.skips.map((skip) => ({ ...skip, expects: 7, holds: false })) }),
      'the skip from down_blocks.1.resnets.0 to up_blocks.0.resnets.0 does not fit: 64 + 64 channels, not 7',
    ],
    [
      'a missing tensor',
      (net) => ({ ...net, stem: { ...net.stem, tensors: net.stem.tensors.slice(0, 1) } }),
      'conv_in.bias is missing',
    ],
    ['a missing block', (net) => ({ ...net, stem: { ...net.stem, tensors: [] } }), 'conv_in is missing'],
    [
      'a dtype that is not computed',
      (net) => inHead(net, { dtype: 'C64' }),
      'conv_norm_out.weight is stored as C64, which cannot be decoded',
    ],
    [
      'bytes beyond the file',
      (net) => inHead(net, { offset: 1e9 }),
      'the bytes of conv_norm_out.weight lie beyond the end of its file',
    ],
    [
      'bytes of another shape',
      (net) => inHead(net, { byteLength: 6 }),
      'conv_norm_out.weight is [32] in 6 bytes where [32] is needed',
    ],
  ])('%s', (_, damage, message) => {
    expect(() => compiled(damage(lcm.net))).toThrow(message);
  });
});

describe('the engine says in a sentence', () => {
  test.each<readonly [string, (given: Map<string, Values>) => Map<string, Values>, string]>([
    [
      'what was not given',
      (given) => (given.delete('timestep_cond'), given),
      'the net reads timestep_cond [batch, 24], which was not given',
    ],
    [
      'what it does not know',
      (given) => given.set('class_labels', { data: Float32Array.of(1), dims: [1] }),
      'the net has no input class_labels',
    ],
    [
      'which shape does not fit',
      (given) => given.set('timestep', { data: new Float32Array(3), dims: [3] }),
      'timestep is [batch], not [3]',
    ],
    [
      'which size cannot be halved',
      (given) => given.set('sample', { data: new Float32Array(2 * 4 * 5 * 4), dims: [2, 4, 5, 4] }),
      "the latent's height 5 is no multiple of 2",
    ],
    [
      'which numbers are of another kind',
      (given) => given.set('timestep', { data: new BigInt64Array(2), dims: [2] }),
      'timestep holds float32 numbers, not BigInt64Array',
    ],
  ])('%s', async (_, change, message) => {
    await expect(engine.run(change(inputs()))).rejects.toThrow(message);
  });

  test('that a file is not there, or shorter than it was', async () => {
    const elsewhere = await mkdtemp(join(temporary, 'elsewhere-'));
    await expect(openEngine(engine.graph, elsewhere)).rejects.toThrow('the net could not be loaded: ');
    await writeFile(join(elsewhere, 'diffusion_pytorch_model.safetensors'), 'short');
    await expect(openEngine(engine.graph, elsewhere)).rejects.toThrow('the net could not be loaded: ');
  });

  test('that it was disposed of', async () => {
    const own = await load(lcm);
    await own.dispose();
    await own.dispose();
    await expect(own.run(inputs())).rejects.toThrow('the net was disposed of and cannot be run');
  });
});
