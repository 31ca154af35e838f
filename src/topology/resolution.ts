import type { Component } from '../components/component.ts';
import { familyOf } from './families/index.ts';
import { GRAPH_DIALECT } from './graph/net.ts';
import { WIDTHS_DIALECT } from './widths/assemble.ts';
import { type Block, blocksOf, type Net } from './net.ts';

/** Height and width in samples of the net's input grid. */
export interface Extent {
  readonly height: number;
  readonly width: number;
}

/**
 * The size of what each block puts out, by block id, for an input of that size. A strided convolution
 * rounds up, (n+1)/2, an average pool down; going up doubles. So an input that does not divide evenly
 * shows as two sizes that meet at a decoder block.
 * @param height of the net's input: latent rows, or pixels for nets that work on pixels
 */
export function sizesAt(net: Net, height: number, width: number): ReadonlyMap<string, Extent> {
  const sizes = new Map<string, Extent>();
  let size: Extent = { height, width };
  for (const block of blocksOf(net)) {
    if (block.kind === 'embedding') continue;
    const factor = block.outDivisor / block.divisor;
    const less = pools(block) ? (n: number) => Math.floor(n / factor) : (n: number) => Math.ceil(n / factor);
    if (block.kind === 'downsample') size = { height: less(size.height), width: less(size.width) };
    if (block.kind === 'upsample') size = { height: size.height / factor, width: size.width / factor };
    sizes.set(block.id, size);
  }
  return sizes;
}

/** A downsampler that is a resnet halves by average pooling (guided-diffusion, resblock_updown); one without weights is a pool. */
function pools(block: Block): boolean {
  if (block.tensors.length === 0) return true;
  return block.kind === 'downsample' && block.tensors.some(({ canonical }) => canonical.includes('.conv1.'));
}

/** How often a side must divide by two: the divisor at the net's deepest level. */
export function deepestDivisor(net: Net): number {
  return Math.max(...net.encoder.map(({ divisor }) => divisor));
}

/** Pixels per sample of the net's input, and how that is known. */
export interface PixelFactor {
  readonly factor: number;
  readonly from: string;
}

/**
 * The factor between the picture and the net's input: measured on the VAE beside it, else the family's,
 * else 8 for a net with four or more input channels and 1 for one that takes pixels.
 */
export function pixelFactor(components: readonly Component[], net: Net | undefined): PixelFactor {
  const vae = components.find(({ kind }) => kind === 'vae')?.facts.get('downscale_factor')?.value;
  if (typeof vae === 'number') return { factor: vae, from: 'the VAE beside it' };
  const conventions = net && familyOf(net)?.conventions;
  if (conventions !== undefined) return { factor: conventions.vaeFactor, from: 'its family' };
  if (net?.dialect === GRAPH_DIALECT) return { factor: 1, from: 'the input of its graph' };
  if (net?.dialect === WIDTHS_DIALECT) return { factor: 1, from: 'no autoencoder beside it' };
  const pixels = net?.inChannels !== undefined && net.inChannels.value <= 3;
  return { factor: pixels ? 1 : 8, from: pixels ? 'its three input channels' : 'latent diffusion: 8' };
}

/** The size of the net's input for a picture of that many pixels; a VAE drops what is left over. */
export function latentSize(
  components: readonly Component[],
  resolution: { readonly width: number; readonly height: number },
): Extent {
  const { factor } = pixelFactor(components, components.find(({ kind }) => kind === 'unet')?.net);
  return {
    height: Math.floor(resolution.height / factor),
    width: Math.floor(resolution.width / factor),
  };
}
