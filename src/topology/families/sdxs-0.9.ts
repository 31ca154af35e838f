import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const sdxs09: Family = {
  id: 'sdxs-0.9',
  title: 'SDXS-512 0.9',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [320, 640, 1280],
    layers_per_block: [1, 1, 1],
    down_depths: [1, 1, 1],
    mid: 'none',
    up_depths: [...times(6, 1)],
    cross_attention_dim: 1024,
    linear_projection: true,
    only_cross_attention: [true, false, false],
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'IDKiro sdxs-512-0.9; ComfyUI SD09_XS',
};
