import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const sd1: Family = {
  id: 'sd1',
  title: 'Stable Diffusion 1',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [320, 640, 1280, 1280],
    layers_per_block: [...times(4, 2)],
    down_depths: [...times(6, 1), 0, 0],
    mid: [1],
    up_depths: [0, 0, 0, ...times(9, 1)],
    cross_attention_dim: 768,
    linear_projection: false,
    only_cross_attention: [false, false, false, false],
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
  },
  conventions: { heads: { heads: 8 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source:
    'runwayml stable-diffusion-v1-5 unet/config.json; CompVis configs/stable-diffusion/v1-inference.yaml',
};
