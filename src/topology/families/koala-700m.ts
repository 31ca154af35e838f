import { type Family, NO_OTHER_INPUTS } from './family.ts';

export const koala700m: Family = {
  id: 'koala-700m',
  title: 'KOALA-700M',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [320, 640, 1280],
    layers_per_block: [1, 1, 1],
    down_depths: [0, 2, 5],
    mid: 'none',
    up_depths: [5, 5, 2, 2, 0, 0],
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
  source: 'etri-vilab koala-700m unet/config.json; ComfyUI KOALA_700M',
};
