import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Component } from '../../src/components/component.ts';
import { identifyComponents } from '../../src/components/index.ts';
import { checkpoint, type TensorSpec } from '../build/checkpoint.ts';
import { listingIndex, readListing, SHARED_LISTINGS } from '../build/listing.ts';
import { golden } from '../build/parts.ts';

const identify = (tensors: readonly TensorSpec[]) => identifyComponents(checkpoint({ parts: [{ tensors }] }));
const inWords = ({ kind, id, problems }: Component): string =>
  `${kind} ${id}${problems.length > 0 ? ' damaged' : ''}`;

/** The index's words for a kind, where they differ from ours. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ['embedding', 'textual_inversion'],
  ['depth_model', 'depth_estimator'],
]);

describe('golden listings', () => {
  const index = listingIndex();

  /** Kinds whose id says which one it is; the index's family then begins with it. */
  const TOLD_BY_ID = new Set(['dit', 'text_encoder', 'other_unet']);

  test.each(index.filter(({ kind }) => kind !== 'whole').map((entry) => [entry.id, entry] as const))(
    '%s is what it is',
    (id, { kind, family = '' }) => {
      const [component] = identify(golden(id));
      const found = component?.kind ?? 'nothing';
      // a U-Net of another grammar is a U-Net that is only named
      expect(found === 'other_unet' ? 'unet' : found).toBe(KINDS.get(kind) ?? kind);
      expect(family.startsWith(TOLD_BY_ID.has(found) ? (component?.id ?? '?') : '')).toBe(true);
      expect(component?.net !== undefined).toBe(found === 'unet' || found === 'ema');
    },
  );

  test.each(index.filter(({ kind }) => kind !== 'whole' && kind !== 'unet').map(({ id }) => id))(
    '%s is sound',
    (id) => expect(identify(golden(id))[0]?.problems).toEqual([]),
  );

  test.each(index.filter(({ kind }) => kind === 'whole').map(({ id }) => id))('%s comes apart', (id) => {
    expect(identify(golden(id)).map(inWords)).toMatchSnapshot();
  });
});

describe('facts', () => {
  const facts = (id: string): Record<string, number | string> =>
    Object.fromEntries([...(identify(golden(id))[0]?.facts ?? [])].map(([name, { value }]) => [name, value]));

  test('of autoencoders', () => {
    expect(facts('vae-sd1-ldm')).toMatchObject({
      latent_channels: 4,
      block_out_channels: '128, 256, 512, 512',
      layers_per_block: 2,
      downscale_factor: 8,
      mid_block_attention: 'conv',
      quant_conv: 'yes',
      names: 'ldm',
    });
    expect(facts('vae-flux-diffusers')).toMatchObject({
      latent_channels: 16,
      quant_conv: 'no',
      mid_block_attention: 'linear',
    });
    expect(facts('vae-x4-upscaler-diffusers')).toMatchObject({ downscale_factor: 4 });
  });

  test('of text encoders', () => {
    expect(facts('clip-l-text')).toMatchObject({
      hidden_size: 768,
      num_hidden_layers: 12,
      vocab_size: 49408,
      max_position_embeddings: 77,
    });
    expect(facts('openclip-g-text')).toMatchObject({
      hidden_size: 1280,
      num_hidden_layers: 32,
      projection_dim: 1280,
    });
    expect(facts('clip-g-text-hf')).toMatchObject({
      hidden_size: 1280,
      num_hidden_layers: 32,
      projection_dim: 1280,
    });
    expect(facts('t5-xxl-encoder')).toMatchObject({ hidden_size: 4096, num_hidden_layers: 24 });
    expect(facts('ldm-bert-text')).toMatchObject({ hidden_size: 1280, num_hidden_layers: 32 });
  });

  test('of adapters', () => {
    expect(facts('lora-sd1-kohya')).toMatchObject({ rank: 8, modules: 192, alphas: 192, layout: 'kohya' });
    expect(facts('lora-sd1-peft')).toMatchObject({ alphas: 0, layout: 'PEFT' });
    expect(facts('controlnet-sdxl-diffusers')).toMatchObject({ cross_attention_dim: 2048 });
    expect(facts('ip-adapter-sd1')).toMatchObject({ cross_attention_dim: 768 });
  });
});

describe('autoencoders under the attention names of old diffusers', () => {
  test('are read, and a damaged one is named by its own names', () => {
    const old = golden('vae-sd1-diffusers').map(([name, shape, dtype]): TensorSpec => {
      const renamed = name
        .replace('.to_q.', '.query.')
        .replace('.to_k.', '.key.')
        .replace('.to_v.', '.value.')
        .replace('.to_out.0.', '.proj_attn.');
      return [renamed, shape, dtype ?? 'F16'];
    });
    expect(identify(old).map(inWords)).toEqual(['vae autoencoder-kl']);
    const lost = 'decoder.mid_block.attentions.0.proj_attn.bias';
    const [problem] = identify(old.filter(([name]) => name !== lost))[0]?.problems ?? [];
    expect(problem).toMatchObject({ kind: 'missing-tensor', fileName: lost });
  });
});

describe.skipIf(!existsSync(SHARED_LISTINGS))('listings of other projects', () => {
  const expected: readonly (readonly [file: string, words: string])[] = [
    ['CLIP-v1-SD', 'text_encoder clip-l'],
    ['CLIP-v2-SD', 'text_encoder openclip-h'],
    ['CLIP-XL-SD', 'text_encoder openclip-g'],
    ['VAE-v1-SD', 'vae autoencoder-kl'],
    ['ControlNet-v1-SD', 'controlnet sd1-controlnet'],
    ['LoRA-v1-UNET', 'lora lora'],
    ['UNET-v1-SD', 'unet sd1'],
    ['UNET-v1-Inpainting', 'unet sd1-inpainting'],
    ['UNET-v2-SD', 'unet sd2'],
    ['UNET-v2-Inpainting', 'unet sd2-inpainting'],
    ['UNET-XL-SD', 'unet sdxl'],
  ];
  test.each(expected)('%s', (file, words) => {
    const tensors = readListing(`${SHARED_LISTINGS}/${file}.txt`);
    expect(
      identify(tensors.map(({ name, tensor }): TensorSpec => [name, tensor.shape])).map(inWords),
    ).toEqual([words]);
  });

  /** Keys, shapes and dtypes of a whole file. */
  function keys(file: string): TensorSpec[] {
    return readFileSync(`${SHARED_LISTINGS}/${file}`, 'utf8')
      .split('\n')
      .flatMap((line): TensorSpec[] => {
        const match = /^ {4}(\S+): \{shape: \[([^\]]*)\], dtype: (\w+)/.exec(line);
        if (match === null) return [];
        const shape = (match[2] as string).split(',').filter((dim) => dim.trim() !== '');
        return [
          [match[1] as string, shape.map(Number), (match[3] as string).startsWith('int') ? 'I64' : 'F32'],
        ];
      });
  }

  test('whole files', () => {
    expect(identify(keys('sd1-ldm.yaml')).map(inWords).sort()).toEqual([
      'ema sd1',
      'schedule buffers',
      'text_encoder clip-l',
      'unet sd1',
      'vae autoencoder-kl',
    ]);
    expect(identify(keys('sdxl-sgm.yaml')).map(inWords).sort()).toEqual([
      'markers markers',
      'schedule buffers',
      'text_encoder clip-l',
      'text_encoder openclip-g',
      'unet sdxl',
      'vae autoencoder-kl',
    ]);
  });
});
