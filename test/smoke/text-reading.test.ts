import { describe, expect, test } from 'vitest';
import type { Component } from '../../src/components/component.ts';
import { identifyComponents } from '../../src/components/index.ts';
import { textReading } from '../../src/smoke/text-reading.ts';
import type { Net } from '../../src/topology/net.ts';
import { checkpoint, type TensorSpec } from '../build/checkpoint.ts';
import { golden, without } from '../build/parts.ts';

const components = (tensors: readonly TensorSpec[]) =>
  identifyComponents(checkpoint({ parts: [{ tensors }] }));
const netOf = (id: string): Net => {
  const net = components(golden(id))[0]?.net;
  if (net === undefined) throw new Error(`${id} is no U-Net`);
  return net;
};
const encoderOf = (id: string): Component => components(golden(id))[0] as Component;

describe('which layer a net was trained on', () => {
  test.each([
    ['sd1-ldm', 'clip-l-text', 0, true, false],
    ['sd1-inpainting-ldm', 'clip-l-text-bare', 0, true, false],
    ['lcm-sd1-diffusers', 'clip-l-text', 0, true, false],
    ['sd2-ldm', 'openclip-h-text', 1, true, false],
    // transformers' conversion has 23 layers: the last is the penultimate
    ['sd2-diffusers', 'clip-h-text-hf', 0, true, false],
    ['sd2-unclip-h-ldm', 'openclip-h-text', 1, true, false],
    ['sdxl-ldm', 'clip-l-text', 1, false, false],
    ['sdxl-ldm', 'openclip-g-text', 1, false, true],
    ['sdxl-diffusers', 'clip-g-text-hf', 1, false, true],
    ['sdxl-refiner-ldm', 'openclip-g-text', 1, false, true],
  ] as const)('%s reads %s', (net, encoder, skip, finalNorm, pooled) => {
    const fact = textReading(netOf(net), encoderOf(encoder));
    expect(fact?.value).toEqual({ skip, finalNorm, pooled });
    expect(fact?.known).toBe('convention');
  });

  test('where a file lacks the last layer, nothing is left out and nothing pooled', () => {
    const shorter = (id: string, layer: number) =>
      components(without(golden(id), `transformer.resblocks.${layer}.`))[0] as Component;
    const [h, g] = [shorter('openclip-h-text', 23), shorter('openclip-g-text', 31)];
    expect(textReading(netOf('sd2-ldm'), h)?.value).toEqual({ skip: 0, finalNorm: true, pooled: false });
    expect(textReading(netOf('sdxl-ldm'), g)?.value).toEqual({ skip: 0, finalNorm: false, pooled: false });
  });

  test.each([
    ['an encoder wider than what the net reads', 'sd1-ldm', 'openclip-h-text'],
    ['an encoder other than CLIP', 'sd1-ldm', 'ldm-bert-text'],
    ['a net without text', 'guided-diffusion-256-ldm', 'clip-l-text'],
    ['a VAE', 'sd1-ldm', 'vae-sd1-ldm'],
  ])('is not said of %s', (_, net, other) => {
    expect(textReading(netOf(net), encoderOf(other))).toBeUndefined();
  });
});
