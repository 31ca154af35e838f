import { type Family, NO_OTHER_INPUTS } from './family.ts';

export const sdxl: Family = {
  id: 'sdxl',
  title: 'Stable Diffusion XL',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [320, 640, 1280],
    layers_per_block: [2, 2, 2],
    down_depths: [0, 0, 2, 2, 10, 10],
    mid: [10],
    up_depths: [10, 10, 10, 2, 2, 2, 0, 0, 0],
    cross_attention_dim: 2048,
    linear_projection: true,
    only_cross_attention: [false, false, false],
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
    added_width: 2816,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 128,
    vaeFactor: 8,
    vaeScale: 0.13025,
  },
  source: 'stabilityai stable-diffusion-xl-base-1.0 unet/config.json',
};
