import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFile, openTree } from '../../src/bytes/file.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { type Conventions, conventionsOf } from '../../src/smoke/compile/index.ts';
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
  ['kandinsky-2.2', {}],
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

  test.each([
    { flipSinToCos: true },
    { freqShift: 0 },
    { downsamplePadding: 1 },
    { normEps: 1e-5 },
  ] satisfies Partial<Conventions>[])('the DDPM net does not with %o', async (wrong) => {
    const golden = new Golden('ddpm');
    const engine = await load(await golden.diffusers(temporary, 'F32'), wrong);
    expect(await errorOf(golden, engine)).toBeGreaterThan(BOUND);
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
    const folder = join(SHAPES, 'sd1-eps');
    const checkpoint = await openCheckpoint(await openTree(folder));
    await agrees(await load(await opened(checkpoint, folder)), 'unet-eps.safetensors');
  });

  test('in a single file', async () => {
    const source = await openFile(join(SHAPES, 'sd1-v.safetensors'), 'sd1-v.safetensors');
    const checkpoint = await openCheckpoint(source);
    await source.close();
    await agrees(await load(await opened(checkpoint, SHAPES)), 'unet-v.safetensors');
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

  test('a config that asks for something else is refused', async () => {
    const { net } = await new Golden('lcm').diffusers(temporary, 'BF16');
    const config = new Map([['act_fn', 'gelu']]);
    expect(() => conventionsOf(net, config)).toThrow(
      'its config has act_fn "gelu", which is not computed here',
    );
  });
});
