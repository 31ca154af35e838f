import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const sdxs512: Family = {
  id: 'sdxs-512',
  title: 'SDXS-512',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [320, 640, 1280],
    layers_per_block: [1, 1, 1],
    down_depths: [0, 1, 1],
    mid: 'none',
    up_depths: [...times(4, 1), 0, 0],
    cross_attention_dim: 768,
    linear_projection: false,
    only_cross_attention: [false, false, false],
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
  },
  conventions: { heads: { heads: 8 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'IDKiro sdxs-512-dreamshaper; ComfyUI SD_XS',
};
