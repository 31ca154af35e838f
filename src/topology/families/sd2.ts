import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const sd2: Family = {
  id: 'sd2',
  title: 'Stable Diffusion 2',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [320, 640, 1280, 1280],
    layers_per_block: [...times(4, 2)],
    down_depths: [...times(6, 1), 0, 0],
    mid: [1],
    up_depths: [0, 0, 0, ...times(9, 1)],
    cross_attention_dim: 1024,
    linear_projection: true,
    only_cross_attention: [false, false, false, false],
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'Stability-AI stablediffusion configs/stable-diffusion/v2-inference.yaml',
};
