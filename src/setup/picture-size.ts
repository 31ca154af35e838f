import type { Component } from '../components/component.ts';
import { number } from '../components/declared.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { familyOf } from '../topology/families/index.ts';
import type { Fact, Net } from '../topology/net.ts';
import { pixelFactor } from '../topology/resolution.ts';

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** A latent side for nets of which nothing is known: that of Stable Diffusion 1. */
const USUAL_LATENT = 64;
/** The same for nets on pixels, which are small or slow. */
const USUAL_PIXELS = 64;

/** The size at which a net was trained, in pixels: its config, its metadata, its family, else the usual. */
export function trainedSize(
  checkpoint: Checkpoint,
  components: readonly Component[],
  unet: Component,
  net: Net,
): Fact<PictureSize> {
  const { factor } = pixelFactor(components, net);
  const config = checkpoint.parts.find(({ name }) => name === unet.part)?.config;
  const side = number(config?.value, 'sample_size');
  if (config !== undefined && side !== undefined && side > 0) {
    return { value: square(side * factor), known: 'declared', from: `${config.path} sample_size` };
  }
  const said = /^(\d{1,5})x(\d{1,5})$/.exec(checkpoint.metadata.get('modelspec.resolution') ?? '');
  if (said !== null) {
    const value = { width: Number(said[1]), height: Number(said[2]) };
    return { value, known: 'declared', from: 'modelspec.resolution' };
  }
  const family = familyOf(net);
  const conventions = family?.conventions;
  if (conventions !== undefined) {
    const value = square(conventions.sampleSize * conventions.vaeFactor);
    return { value, known: 'convention', from: `${family?.title}: the size it was trained at` };
  }
  const value = square((factor === 1 ? USUAL_PIXELS : USUAL_LATENT) * factor);
  return { value, known: 'convention', from: 'nothing tells: a usual size' };
}

function square(side: number): PictureSize {
  return { width: side, height: side };
}
