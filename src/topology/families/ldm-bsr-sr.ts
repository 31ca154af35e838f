import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const ldmBsrSr: Family = {
  id: 'ldm-bsr-sr',
  title: 'Latent Diffusion super-resolution',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 6,
    out_channels: 3,
    block_out_channels: [160, 320, 320, 640],
    layers_per_block: [...times(4, 2)],
    down_depths: [...times(6, 0), -1, -1],
    mid: [-1],
    up_depths: [-1, -1, -1, ...times(9, 0)],
    cross_attention_dim: undefined,
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
  },
  conventions: {
    heads: { headDim: 32 },
    prediction_type: 'epsilon',
    sampleSize: 64,
    vaeFactor: 4,
    schedule: 'ldm-0155',
  },
  source: 'CompVis latent-diffusion models/ldm/*/config.yaml',
};
