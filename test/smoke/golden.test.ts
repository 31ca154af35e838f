import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFile, openTree } from '../../src/bytes/file.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import {
  type Activations,
  type AddedTime,
  type Conventions,
  conventionsOf,
  type OutScale,
} from '../../src/smoke/compile/index.ts';
import type { JsonValue } from '../../src/formats/json.ts';
import type { Engine, Values } from '../../src/smoke/engine.ts';
import { Golden, load, opened, relativeError, tensorIn } from './golden.ts';

/**
 * The compiled net against diffusers in float32. Both compute in float32, so that what is left is the order of sums:
 * a few 1e-6. Half-precision files hold the same weights exactly and are held to the same bound.
 */
const BOUND = 2e-5;

const NETS: readonly (readonly [name: string, more: Partial<Conventions>])[] = [
  ['sd1', {}],
  ['sd1-inpainting', {}],
  ['sd2', {}],
  ['sdxl', {}],
  // how many time ids there are is no part of the config
  ['sdxl-refiner', { addedTime: { width: 16, ids: 5 } }],
  ['kolors', {}],
  ['sd-x4-upscaler', {}],
  ['sd2-unclip', {}],
  ['lcm', {}],
  ['kandinsky-2.1', {}],
  ['kandinsky-2.2', {}],
  ['kandinsky-2.2-hint', {}],
  ['if-stage-1', {}],
  ['if-stage-2', {}],
  ['only-text', {}],
  ['fourier', {}],
  ['ungated', {}],
  ['score-sde', {}],
  ['ddpm', {}],
  ['unet2d-classes', {}],
  ['unet2d-class-timestep', {}],
  ['simple-projection', {}],
];

let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'ungarble-smoke-'));
});
afterAll(() => rm(temporary, { recursive: true, force: true }));

/** The largest error over the golden timesteps. */
async function errorOf(golden: Golden, engine: Engine, more: readonly string[] = []): Promise<number> {
  const errors: number[] = [];
  for (const timestep of golden.timesteps) {
    const inputs = golden.inputs(timestep);
    for (const name of more) inputs.set(name, await golden.values(name, timestep));
    for (const name of inputs.keys())
      if (!engine.graph.inputs.some((input) => input.name === name)) inputs.delete(name);
    const found = await engine.run(inputs);
    errors.push(relativeError(found.get('out_sample'), await golden.values('out_sample', timestep)));
  }
  await engine.dispose();
  return Math.max(...errors);
}

const acting = ({ activations }: Conventions, other: Partial<Activations>): Partial<Conventions> => ({
  activations: { ...activations, ...other },
});
const dividing = ({ outScale }: Conventions, other: Partial<OutScale>): Partial<Conventions> => ({
  outScale: { ...outScale, ...other },
});

const idsFirst = ({ addedTime }: Conventions): AddedTime => ({
  ...(addedTime as AddedTime),
  idsFirst: true,
});

describe('a compiled net agrees with diffusers', () => {
  test.each(NETS)('%s', async (name, more) => {
    const golden = new Golden(name);
    const engine = await load(await golden.diffusers(temporary, 'F32'), more);
    expect(await errorOf(golden, engine)).toBeLessThan(BOUND);
  });

  test.each([
    ['sd1', 'F16'],
    ['sd1', 'BF16'],
    ['ldm-unconditional', 'F16'],
    ['guided-diffusion', 'F32'],
    ['kandinsky-2.1', 'F32'],
    ['if-stage-1', 'F32'],
    ['if-stage-2', 'F32'],
  ] as const)('%s in the LDM layout, %s', async (name, dtype) => {
    const golden = new Golden(name);
    const engine = await load(await golden.ldm(temporary, dtype));
    expect(await errorOf(golden, engine)).toBeLessThan(BOUND);
  });

  test('an SDXL of unknown widths reads the added vector whole', async () => {
    const golden = new Golden('sdxl');
    const engine = await load(await golden.ldm(temporary, 'F32'));
    expect(await errorOf(golden, engine, ['add_embeds'])).toBeLessThan(BOUND);
  });

  /** Far outside of rounding: what stands beside each setting shows that the net depends on it. */
  test.each<readonly [string, string, (right: Conventions) => Partial<Conventions>]>([
    ['ddpm', 'the cosine first', () => ({ flipSinToCos: true })],
    ['ddpm', 'no shift', () => ({ freqShift: 0 })],
    ['ddpm', 'padding before', () => ({ downsamplePadding: 1 })],
    ['sdxl', 'sizes before the pooled text', (right) => ({ addedTime: idsFirst(right) })],
    ['if-stage-1', '32 heads that pool', () => ({ poolHeads: 32 })],
    ['if-stage-1', 'another head', (right) => acting(right, { head: 'silu' })],
    ['if-stage-1', 'another time embedding', (right) => acting(right, { time: 'silu' })],
    ['if-stage-1', 'another projection', (right) => acting(right, { projected: 'silu' })],
    ['if-stage-2', 'resnets as they are', (right) => dividing(right, { resnets: 1 })],
    ['if-stage-2', 'a middle as it is', (right) => dividing(right, { middle: 1 })],
    ['only-text', 'another sum', (right) => acting(right, { embedding: 'silu' })],
    ['only-text', 'another eps', () => ({ normEps: 1e-5 })],
    ['fourier', 'the sine first', (right) => ({ fourier: { ...right.fourier, cosineFirst: false } })],
    ['fourier', 'another end', (right) => acting(right, { afterTime: 'mish' })],
    ['fourier', 'a scale that it does not heed', (right) => dividing(right, { resnets: 2 })],
    ['ungated', 'other resnets', (right) => acting(right, { resnet: 'silu' })],
    ['score-sde', 'the input as it is', () => ({ centerInput: false })],
    ['score-sde', 'no class', () => ({ classInput: 'vector' })],
    ['score-sde', 'no logarithm', (right) => ({ fourier: { ...right.fourier, logarithm: false } })],
    ['score-sde', 'the output as it is', (right) => ({ fourier: { ...right.fourier, divides: false } })],
    ['score-sde', 'its attention as it is', (right) => dividing(right, { middleAttention: 1 })],
  ])('%s does not with %s', async (name, _, other) => {
    const golden = new Golden(name);
    const from = await golden.diffusers(temporary, 'F32');
    const right = conventionsOf(from.net, from.checkpoint.parts[0]?.config?.value);
    const engine = await load(from, other(right));
    expect(await errorOf(golden, engine)).toBeGreaterThan(100 * BOUND);
  });
});

describe('a really trained net agrees with diffusers', () => {
  const SHAPES = 'fixtures/shapes';

  async function agrees(engine: Engine, golden: string): Promise<void> {
    const file = await readFile(join(SHAPES, 'golden', golden));
    for (const t of [981, 201]) {
      const inputs = new Map<string, Values>([
        ['sample', tensorIn(file, `sample_${t}`)],
        ['timestep', { data: Float32Array.of(t), dims: [1] }],
        ['encoder_hidden_states', tensorIn(file, 'encoder_hidden_states')],
      ]);
      const found = await engine.run(inputs);
      expect(relativeError(found.get('out_sample'), tensorIn(file, `out_${t}`))).toBeLessThan(BOUND);
    }
    await engine.dispose();
  }

  test('in a diffusers folder', async () => {
    const folder = join(SHAPES, 'sd1-v');
    const checkpoint = await openCheckpoint(await openTree(folder));
    await agrees(await load(await opened(checkpoint, folder)), 'unet-v.safetensors');
  });

  test('in a single file', async () => {
    const source = await openFile(join(SHAPES, 'sd1-eps.safetensors'), 'sd1-eps.safetensors');
    const checkpoint = await openCheckpoint(source);
    await source.close();
    await agrees(await load(await opened(checkpoint, SHAPES)), 'unet-eps.safetensors');
  });
});

describe('conventions', () => {
  test('of SDXL are known by the width of its added conditioning', async () => {
    const { net } = await new Golden('sdxl').ldm(temporary, 'F16');
    const wide = { ...net.conditioning, addedWidth: { value: 2816, known: 'measured', from: '' } } as const;
    expect(conventionsOf(net).addedTime).toBeUndefined();
    expect(conventionsOf({ ...net, conditioning: wide }).addedTime).toEqual({ width: 256, ids: 6 });
  });

  test('of the DDPM nets go with their family', async () => {
    const { net } = await new Golden('lcm').diffusers(temporary, 'BF16');
    const ddpm = { flipSinToCos: false, freqShift: 1, normEps: 1e-6, downsamplePadding: 0 };
    expect(conventionsOf(net)).not.toMatchObject(ddpm);
    const family = { ...net.family, id: 'ddpm-cifar10-32' };
    expect(conventionsOf({ ...net, family })).toMatchObject(ddpm);
  });

  test.each<readonly [string, ReadonlyMap<string, JsonValue>, string]>([
    [
      'an activation',
      new Map([['act_fn', 'tanh']]),
      'its config has act_fn "tanh", which is not computed here',
    ],
    [
      'another number of groups in the middle',
      new Map([['attn_norm_num_groups', 16]]),
      'its config has attn_norm_num_groups 16, which is not computed here',
    ],
    [
      'a scale that only some blocks heed',
      new Map<string, JsonValue>([
        ['resnet_out_scale_factor', 2],
        ['down_block_types', ['DownBlock2D', 'SimpleCrossAttnDownBlock2D']],
      ]),
      'its config has resnet_out_scale_factor, which some of its blocks heed and others do not: that is not computed here',
    ],
  ])('a config that asks for something else is refused: %s', async (_, config, message) => {
    const { net } = await new Golden('lcm').diffusers(temporary, 'BF16');
    expect(() => conventionsOf(net, config)).toThrow(message);
  });

  test('of DeepFloyd IF are known by the text that it pools', async () => {
    const { net } = await new Golden('if-stage-2').ldm(temporary, 'F16');
    const { activations, classInput, outScale } = conventionsOf(net);
    expect([activations.resnet, activations.head, classInput]).toEqual(['gelu', 'gelu', 'timestep']);
    expect(outScale.resnets).toBeCloseTo(Math.SQRT2, 4);
    const first = conventionsOf((await new Golden('if-stage-1').ldm(temporary, 'F16')).net);
    expect(first.outScale.resnets).toBe(1);
  });

  test('of Fourier features are told by the widths where no config does', async () => {
    const score = conventionsOf((await new Golden('score-sde').diffusers(temporary, 'F16')).net);
    expect(score.fourier).toEqual({ logarithm: true, cosineFirst: false, divides: true });
    const conditional = conventionsOf((await new Golden('fourier').diffusers(temporary, 'F16')).net);
    expect(conditional.fourier).toEqual({ logarithm: false, cosineFirst: true, divides: false });
  });
});
