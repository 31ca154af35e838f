/**
 * What nets read beside the latent in further channels: a mask and the picture behind it, a small picture to enlarge,
 * a depth map. There is no such picture at hand, so that one is drawn: a bright disc on a gradient.
 */
import type { Net } from '../topology/net.ts';
import type { Values } from './engine.ts';

/** One group of channels. */
export type Companion =
  /** One channel of ones: all of the picture is to be painted. */
  | { readonly kind: 'mask' }
  /** The latent of a grey picture, scaled as the net's own latent is. */
  | { readonly kind: 'grey-latent'; readonly channels: number }
  /** The latent of the drawn picture, as the encoder wrote it. */
  | { readonly kind: 'picture-latent'; readonly channels: number }
  /** The drawn picture itself, as large as the latent. */
  | { readonly kind: 'picture' }
  /** The drawn picture's brightness, as large as the latent. */
  | { readonly kind: 'depth' }
  | { readonly kind: 'zeros'; readonly channels: number };

/**
 * Groups of channels behind the latent, by family. Sources: diffusers pipeline_stable_diffusion_inpaint.py,
 * …_instruct_pix2pix.py, …_upscale.py, …_depth2img.py; CompVis latent-diffusion models/ldm/bsr_sr/config.yaml.
 */
const GROUPS: ReadonlyMap<string, readonly Companion[]> = new Map<string, readonly Companion[]>([
  ['sd1-inpainting', [{ kind: 'mask' }, { kind: 'grey-latent', channels: 4 }]],
  ['sd2-inpainting', [{ kind: 'mask' }, { kind: 'grey-latent', channels: 4 }]],
  ['sdxl-inpainting', [{ kind: 'mask' }, { kind: 'grey-latent', channels: 4 }]],
  ['sd1-instruct-pix2pix', [{ kind: 'picture-latent', channels: 4 }]],
  ['sdxl-instruct-pix2pix', [{ kind: 'picture-latent', channels: 4 }]],
  ['sd-x4-upscaler', [{ kind: 'picture' }]],
  ['ldm-bsr-sr', [{ kind: 'picture' }]],
  ['sd2-depth', [{ kind: 'depth' }]],
  ['deepfloyd-if-ii-l', [{ kind: 'picture' }]],
]);

/** What the net's input channels beyond the latent's are fed. A net of unknown family gets zeros there. */
export function companionsOf(net: Net, latentChannels: number): readonly Companion[] {
  const extra = (net.inChannels?.value ?? latentChannels) - latentChannels;
  if (extra <= 0) return [];
  const known = [net.family.id, net.family.nearest?.id]
    .map((id) => GROUPS.get(id ?? ''))
    .find((groups) => groups !== undefined && channelsOf(groups) === extra);
  return known ?? [{ kind: 'zeros', channels: extra }];
}

function channelsOf(companions: readonly Companion[]): number {
  return companions.reduce((sum, companion) => sum + countOf(companion), 0);
}

function countOf(companion: Companion): number {
  if ('channels' in companion) return companion.channels;
  return companion.kind === 'picture' ? 3 : 1;
}

/** In words, for whoever reads what was fed. */
export function companionWords(companion: Companion): string {
  switch (companion.kind) {
    case 'mask':
      return 'a mask of ones: all of the picture is painted';
    case 'grey-latent':
      return 'the latent of a grey picture';
    case 'picture-latent':
      return 'the latent of a drawn picture, a disc on a gradient';
    case 'picture':
      return 'a drawn picture, a disc on a gradient';
    case 'depth':
      return 'a drawn depth map, a disc on a gradient';
    case 'zeros':
      return `${companion.channels} channels of zeros, for nothing tells what they are for`;
  }
}

/** A drawn picture, float32 [1, 3, height, width] in −1 … 1: a warm disc in the middle of a blue gradient. */
export function drawPicture(height: number, width: number): Values {
  const area = height * width;
  const data = new Float32Array(3 * area);
  const radius = Math.min(height, width) / 3.5;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const inside = Math.hypot(x + 0.5 - width / 2, y + 0.5 - height / 2) < radius;
      const shade = (2 * y) / height - 1;
      const rgb = inside ? [0.8, 0.3, -0.5] : [-0.6, shade * 0.4 - 0.1, shade * 0.6 + 0.2];
      for (const [channel, value] of rgb.entries()) data[channel * area + y * width + x] = value;
    }
  }
  return { data, dims: [1, 3, height, width] };
}

/** The brightness of a drawn picture, float32 [1, 1, height, width] in −1 … 1. */
export function drawDepth(height: number, width: number): Values {
  const picture = drawPicture(height, width).data as Float32Array;
  const area = height * width;
  const data = new Float32Array(area).map(
    (_, index) =>
      ((picture[index] as number) +
        (picture[area + index] as number) +
        (picture[2 * area + index] as number)) /
      3,
  );
  return { data, dims: [1, 1, height, width] };
}
