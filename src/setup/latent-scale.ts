import type { Component } from '../components/component.ts';
import { vaeConfig } from '../components/configs.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { families, familyOf } from '../topology/families/index.ts';
import type { Fact, Net } from '../topology/net.ts';

/**
 * Between what an autoencoder writes and what the net is fed: (latent − mean) · factor / deviation. Mean and
 * deviation, one number a channel, are there for few models (Playground 2.5).
 * Source: diffusers pipeline_stable_diffusion_xl.py, decoding of the latents.
 */
export interface LatentScale {
  readonly factor: Fact<number>;
  readonly mean?: readonly number[];
  readonly deviation?: readonly number[];
}

/** The default of diffusers' AutoencoderKL, which is Stable Diffusion 1's. */
export const STABLE_DIFFUSION_SCALE = 0.18215;

/** The scale of the net's latents: the VAE's config, else what the runtimes of the net's family assume. */
export function latentScale(checkpoint: Checkpoint, vae: Component | undefined, net: Net): LatentScale {
  const part = checkpoint.parts.find(({ name }) => name === vae?.part);
  const config = part === undefined ? undefined : vaeConfig(part);
  const [mean, deviation] = [config?.latentsMean?.value, config?.latentsStd?.value];
  const both = mean !== undefined && mean.length === deviation?.length ? { mean, deviation } : {};
  if (config?.scalingFactor !== undefined) return { factor: config.scalingFactor, ...both };
  // a custom net stands nearest to the family whose programs it is used with
  const family = familyOf(net) ?? families.find(({ id }) => id === net.family.nearest?.id);
  const value = family?.conventions.vaeScale ?? STABLE_DIFFUSION_SCALE;
  const from = `${family?.title ?? 'Stable Diffusion'}: what its runtimes assume`;
  return { factor: { value, known: 'convention', from }, ...both };
}

/** What the autoencoder's decoder reads, from the net's latent [channels, height, width]. */
export function toAutoencoder(latent: Float32Array, channels: number, scale: LatentScale): Float32Array {
  const area = latent.length / channels;
  return latent.map((value, index) => {
    const channel = Math.floor(index / area);
    return (value * (scale.deviation?.[channel] ?? 1)) / scale.factor.value + (scale.mean?.[channel] ?? 0);
  });
}

/** What the net is fed, from what the autoencoder's encoder wrote [channels, height, width]. */
export function fromAutoencoder(latent: Float32Array, channels: number, scale: LatentScale): Float32Array {
  const area = latent.length / channels;
  return latent.map((value, index) => {
    const channel = Math.floor(index / area);
    return ((value - (scale.mean?.[channel] ?? 0)) * scale.factor.value) / (scale.deviation?.[channel] ?? 1);
  });
}
