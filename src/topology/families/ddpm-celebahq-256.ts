import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const ddpmCelebahq256: Family = {
  id: 'ddpm-celebahq-256',
  title: 'DDPM CelebA-HQ/LSUN 256',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 3,
    out_channels: 3,
    block_out_channels: [128, 128, 256, 256, 512, 512],
    layers_per_block: [...times(6, 2)],
    down_depths: [...times(8, 0), -1, -1, 0, 0],
    mid: [-1],
    up_depths: [0, 0, 0, -1, -1, -1, ...times(12, 0)],
    cross_attention_dim: undefined,
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
  },
  conventions: {
    heads: { heads: 1 },
    prediction_type: 'epsilon',
    sampleSize: 256,
    vaeFactor: 1,
    schedule: 'ddpm',
  },
  source: 'google ddpm-celebahq-256 config.json',
};
