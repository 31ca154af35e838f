import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const ddpmCifar1032: Family = {
  id: 'ddpm-cifar10-32',
  title: 'DDPM CIFAR-10 32',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 3,
    out_channels: 3,
    block_out_channels: [128, 256, 256, 256],
    layers_per_block: [...times(4, 2)],
    down_depths: [0, 0, -1, -1, ...times(4, 0)],
    mid: [-1],
    up_depths: [...times(6, 0), -1, -1, -1, 0, 0, 0],
    cross_attention_dim: undefined,
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
  },
  conventions: {
    heads: { heads: 1 },
    prediction_type: 'epsilon',
    sampleSize: 32,
    vaeFactor: 1,
    schedule: 'ddpm',
  },
  source: 'google ddpm-cifar10-32 config.json',
};
