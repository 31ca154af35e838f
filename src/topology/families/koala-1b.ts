import { type Family, NO_OTHER_INPUTS } from './family.ts';

export const koala1b: Family = {
  id: 'koala-1b',
  title: 'KOALA-1B',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [320, 640, 1280],
    layers_per_block: [1, 1, 1],
    down_depths: [0, 2, 6],
    mid: [6],
    up_depths: [6, 6, 2, 2, 0, 0],
    cross_attention_dim: 2048,
    linear_projection: true,
    only_cross_attention: [false, false, false],
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
    added_width: 2816,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'epsilon', sampleSize: 128, vaeFactor: 8 },
  source: 'etri-vilab koala-1b unet/config.json; ComfyUI KOALA_1B',
};
