import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const sdxlRefiner: Family = {
  id: 'sdxl-refiner',
  title: 'Stable Diffusion XL refiner',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [384, 768, 1536, 1536],
    layers_per_block: [...times(4, 2)],
    down_depths: [0, 0, ...times(4, 4), 0, 0],
    mid: [4],
    up_depths: [0, 0, 0, ...times(6, 4), 0, 0, 0],
    cross_attention_dim: 1280,
    linear_projection: true,
    only_cross_attention: [false, false, false, false],
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
    added_width: 2560,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 128,
    vaeFactor: 8,
    vaeScale: 0.13025,
  },
  source: 'stabilityai stable-diffusion-xl-refiner-1.0 unet/config.json',
};
