import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const sdX4Upscaler: Family = {
  id: 'sd-x4-upscaler',
  title: 'Stable Diffusion x4 upscaler',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 7,
    out_channels: 4,
    block_out_channels: [256, 512, 512, 1024],
    layers_per_block: [...times(4, 2)],
    down_depths: [0, 0, ...times(6, 1)],
    mid: [1],
    up_depths: [...times(9, 1), 0, 0, 0],
    cross_attention_dim: 1024,
    linear_projection: true,
    only_cross_attention: [false, true, true, false],
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
    classes: 1000,
  },
  conventions: {
    heads: { heads: 8 },
    prediction_type: 'v_prediction',
    sampleSize: 128,
    vaeFactor: 4,
    schedule: 'x4-upscaler',
    vaeScale: 0.08333,
  },
  source: 'stabilityai stable-diffusion-x4-upscaler unet/config.json',
};
