import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const bkSdmBase: Family = {
  id: 'bk-sdm-base',
  title: 'BK-SDM base',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [320, 640, 1280, 1280],
    layers_per_block: [...times(4, 1)],
    down_depths: [1, 1, 1, 0],
    mid: [1],
    up_depths: [0, 0, ...times(6, 1)],
    cross_attention_dim: 768,
    linear_projection: false,
    only_cross_attention: [false, false, false, false],
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
  },
  conventions: { heads: { heads: 8 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'Nota-NetsPresso BK-SDM src/unet_config*',
};
