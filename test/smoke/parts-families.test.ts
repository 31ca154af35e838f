import { describe, expect, test } from 'vitest';
import type { Component } from '../../src/components/component.ts';
import { identifyComponents } from '../../src/components/index.ts';
import {
  type CompiledGraph,
  compileDecoder,
  compileEncoder,
  compileTextEncoder,
} from '../../src/smoke/compile/index.ts';
import { checkpoint, type TensorSpec } from '../build/checkpoint.ts';
import { listingIndex } from '../build/listing.ts';
import { golden } from '../build/parts.ts';

/** Every autoencoder and text encoder among the listings, at its real size. */

const options = { files: [{ path: 'weights', size: Number.MAX_SAFE_INTEGER }] };

/** Autoencoders and text encoders that are not run, and why not. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['vae-svd-diffusers', 'video autoencoder: it is not run'],
  ['vae-svd-ldm', 'video autoencoder: it is not run'],
  ['taesd-diffusers', 'TAESD tiny autoencoder: it is not run'],
  ['t5-xxl-encoder', 'T5 text encoder: it is not run'],
  ['ldm-bert-text', 'BERT-like text encoder of latent diffusion: it is not run'],
]);

const only = (tensors: readonly TensorSpec[]): Component =>
  identifyComponents(checkpoint({ parts: [{ tensors }] }))[0] as Component;

/** What stands in the way; undefined where it compiles. */
function obstacle(action: () => CompiledGraph): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const listed = (wanted: string) => listingIndex().flatMap(({ id, kind }) => (kind === wanted ? [id] : []));

test.each(listed('vae'))('%s', (id) => {
  const vae = only(golden(id));
  expect(obstacle(() => compileDecoder(vae, options))).toBe(REFUSED.get(id));
  expect(obstacle(() => compileEncoder(vae, options))).toBe(REFUSED.get(id));
});

test.each(listed('text_encoder'))('%s', (id) => {
  const encoder = only(golden(id));
  const compiled = () => compileTextEncoder(encoder, { ...options, skip: 1, finalNorm: true });
  expect(obstacle(compiled)).toBe(REFUSED.get(id));
});

describe('a text encoder without a config', () => {
  test.each([
    ['clip-l-text', false],
    ['clip-l-text-bare', false],
    ['clip-h-text-hf', true],
    ['clip-g-text-hf', true],
    ['openclip-h-text', true],
    ['openclip-g-text', true],
  ])('%s has the exact GELU: %s', (id, exact) => {
    const { model } = compileTextEncoder(only(golden(id)), { ...options, skip: 0, finalNorm: true });
    const text = new TextDecoder('latin1').decode(model);
    expect(text.includes('Gelu')).toBe(exact);
    expect(text.includes('Sigmoid')).toBe(!exact);
  });
});
