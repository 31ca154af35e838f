import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFile, openTree } from '../../src/bytes/file.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { compileDecoder, compileEncoder } from '../../src/smoke/compile/index.ts';
import { relativeError, tensorIn } from './golden.ts';
import {
  BOUND,
  GoldenPart,
  type OpenedPart,
  openedPart,
  runOnce,
  type Writing,
  type Written,
} from './parts.ts';

let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'ungarble-vae-'));
});
afterAll(() => rm(temporary, { recursive: true, force: true }));

async function decodingError(
  golden: GoldenPart,
  { component, options, folder }: OpenedPart,
): Promise<number> {
  const found = await runOnce(compileDecoder(component, options), folder, golden.input('latent'));
  return relativeError(found.get('picture'), await golden.values('picture'));
}

/** Of the mean and of the logarithm of the variance. */
async function encodingErrors(
  golden: GoldenPart,
  { component, options, folder }: OpenedPart,
): Promise<readonly number[]> {
  const found = await runOnce(compileEncoder(component, options), folder, golden.input('picture'));
  const [mean, logvar] = [await golden.values('mean'), await golden.values('logvar')];
  return [relativeError(found.get('mean'), mean), relativeError(found.get('logvar'), logvar)];
}

async function agrees(golden: GoldenPart, opened: OpenedPart): Promise<void> {
  expect(await decodingError(golden, opened)).toBeLessThan(BOUND);
  for (const error of await encodingErrors(golden, opened)) expect(error).toBeLessThan(BOUND);
}

/** The tensors under the names of another layout, whose attentions are convolutions in LDM's. */
function inLayout(golden: GoldenPart, layout: 'ldm' | 'old'): (written: Written) => Written {
  const names = new Map(golden.recorded[layout]?.map(([name, canonical]) => [canonical, name]));
  return ({ name, shape, values }) => {
    const attention = layout === 'ldm' && name.includes('attentions') && shape.length === 2;
    return { name: names.get(name) ?? name, shape: attention ? [...shape, 1, 1] : shape, values };
  };
}

const only = (prefixes: readonly string[]): NonNullable<Writing['change']> => {
  return (written) => (prefixes.some((prefix) => written.name.startsWith(prefix)) ? written : undefined);
};

const vae = new GoldenPart('vae');

describe('a compiled autoencoder agrees with diffusers, both ways', () => {
  test.each([
    ['vae', 'F32'],
    ['vae', 'F16'],
    ['vae-attention', 'F32'],
    ['vae-attention', 'BF16'],
  ] as const)('%s, %s', async (name, dtype) => {
    const golden = new GoldenPart(name);
    await agrees(golden, await golden.open(temporary, { dtype }));
  });

  test('in the LDM layout, without a config', async () => {
    await agrees(vae, await vae.open(temporary, { change: inLayout(vae, 'ldm'), config: null }));
  });

  test('in the LDM layout, with attention in a level', async () => {
    const golden = new GoldenPart('vae-attention');
    await agrees(golden, await golden.open(temporary, { change: inLayout(golden, 'ldm') }));
  });

  test('under the attention names of old diffusers', async () => {
    const opened = await vae.open(temporary, { change: inLayout(vae, 'old') });
    expect(opened.component.facts.get('names')?.value).toBe('diffusers-old');
    await agrees(vae, opened);
  });

  test('as a lone decoder, which does not encode', async () => {
    const opened = await vae.open(temporary, { change: only(['decoder.', 'post_quant_conv.']) });
    expect(await decodingError(vae, opened)).toBeLessThan(BOUND);
    expect(() => compileEncoder(opened.component, opened.options)).toThrow('the autoencoder has no encoder');
  });

  test('as a lone encoder, which does not decode', async () => {
    const opened = await vae.open(temporary, { change: only(['encoder.', 'quant_conv.']) });
    for (const error of await encodingErrors(vae, opened)) expect(error).toBeLessThan(BOUND);
    expect(() => compileDecoder(opened.component, opened.options)).toThrow('the autoencoder has no decoder');
  });

  test('not with another number of groups', async () => {
    const config = { ...vae.recorded.config, norm_num_groups: 16 };
    expect(await decodingError(vae, await vae.open(temporary, { config }))).toBeGreaterThan(1e-3);
  });
});

describe('really trained autoencoders agree with diffusers', () => {
  const SHAPES = 'fixtures/shapes';

  async function agreesWithShapes({ component, options, folder }: OpenedPart): Promise<void> {
    const file = await readFile(join(SHAPES, 'golden/vae.safetensors'));
    const [picture, mean, decoded] = [
      tensorIn(file, 'picture'),
      tensorIn(file, 'encode_mean'),
      tensorIn(file, 'decoded'),
    ];
    const latent = await runOnce(compileEncoder(component, options), folder, new Map([['picture', picture]]));
    expect(relativeError(latent.get('mean'), mean)).toBeLessThan(BOUND);
    const back = await runOnce(compileDecoder(component, options), folder, new Map([['latent', mean]]));
    expect(relativeError(back.get('picture'), decoded)).toBeLessThan(BOUND);
  }

  test('in a diffusers folder', async () => {
    const folder = join(SHAPES, 'sd1-v');
    await agreesWithShapes(openedPart(await openCheckpoint(await openTree(folder)), folder, 'vae'));
  });

  test('in a single file', async () => {
    const source = await openFile(join(SHAPES, 'sd1-eps.safetensors'), 'sd1-eps.safetensors');
    const checkpoint = await openCheckpoint(source).finally(() => source.close());
    await agreesWithShapes(openedPart(checkpoint, SHAPES, 'vae'));
  });
});

describe('the graphs', () => {
  test('name what enters and leaves', async () => {
    const { component, options } = await vae.open(temporary);
    const [decoder, encoder] = [compileDecoder(component, options), compileEncoder(component, options)];
    const shown = [...decoder.inputs, ...decoder.outputs, ...encoder.inputs, ...encoder.outputs];
    expect(shown.map(({ name, dims }) => `${name} [${dims.join(', ')}]`)).toEqual([
      'latent [batch, 4, height, width]',
      'picture [batch, 3, picture_height, picture_width]',
      'picture [batch, 3, height, width]',
      'mean [batch, 4, latent_height, latent_width]',
      'logvar [batch, 4, latent_height, latent_width]',
    ]);
    expect([decoder.divisor, encoder.divisor]).toEqual([1, 4]);
  });

  test('keep the logarithm of the variance within -30 and 20', async () => {
    const change = (written: Written): Written => {
      if (written.name !== 'quant_conv.bias') return written;
      return { ...written, values: written.values.map((_, index) => (index < 4 ? 0 : index < 6 ? 99 : -99)) };
    };
    const { component, options, folder } = await vae.open(temporary, { change });
    const found = await runOnce(compileEncoder(component, options), folder, vae.input('picture'));
    const { data = new Float32Array(), dims = [] } = found.get('logvar') ?? {};
    const [, channels = 0, height = 0, width = 0] = dims;
    const size = height * width;
    const both = (channel: number) =>
      new Set(Array.from(data.slice(channel * size, (channel + 2) * size), Number));
    expect(channels).toBe(4);
    expect(both(0)).toEqual(new Set([20]));
    expect(both(2)).toEqual(new Set([-30]));
  });
});

describe('an autoencoder that cannot be run is refused', () => {
  const changing = (name: string, change: (written: Written) => Written | undefined): Writing => ({
    change: (written) => (written.name === name ? change(written) : written),
  });
  const narrow = { ...vae.recorded.config, norm_num_groups: 24 };

  test.each<readonly [string, Writing, string]>([
    [
      'a missing tensor',
      changing('decoder.conv_out.bias', () => undefined),
      'decoder.conv_out.bias is missing',
    ],
    [
      'a tensor of another shape',
      changing('decoder.mid_block.resnets.0.conv1.bias', (written) => ({
        ...written,
        shape: [1],
        values: written.values.slice(0, 1),
      })),
      'decoder.mid_block.resnets.0.conv1.bias has a shape that the tensors around it contradict',
    ],
    [
      'a tensor that nobody knows',
      changing('decoder.conv_norm_out.bias', (written) => ({ ...written, name: 'decoder.gate.weight' })),
      'decoder.gate.weight has no place in the grammar',
    ],
    [
      'another activation',
      { config: { ...vae.recorded.config, act_fn: 'gelu' } },
      'its config has act_fn "gelu", which is not computed here',
    ],
    [
      'other blocks',
      { config: { ...vae.recorded.config, up_block_types: ['SkipUpBlock2D'] } },
      'its config has "SkipUpBlock2D" in up_block_types, which is not computed here',
    ],
    [
      'groups that do not divide a width',
      { config: narrow },
      'decoder.mid_block.resnets.0.norm1 has 64 channels, which 24 groups do not divide',
    ],
  ])('%s', async (_, writing, message) => {
    const { component, options } = await vae.open(temporary, writing);
    expect(() => compileDecoder(component, options)).toThrow(message);
  });

  test('what is missing in one half does not keep the other from running', async () => {
    const writing = changing('decoder.conv_out.bias', () => undefined);
    for (const error of await encodingErrors(vae, await vae.open(temporary, writing)))
      expect(error).toBeLessThan(BOUND);
  });
});
