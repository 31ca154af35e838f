import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const ldmCin256V2: Family = {
  id: 'ldm-cin256-v2',
  title: 'Latent Diffusion ImageNet 256',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 3,
    out_channels: 3,
    block_out_channels: [192, 384, 576, 960],
    layers_per_block: [...times(4, 2)],
    down_depths: [0, 0, ...times(6, 1)],
    mid: [1],
    up_depths: [...times(9, 1), 0, 0, 0],
    cross_attention_dim: 512,
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
  },
  conventions: {
    heads: { heads: 1 },
    prediction_type: 'epsilon',
    sampleSize: 64,
    vaeFactor: 4,
    schedule: 'ldm-0195',
  },
  source: 'CompVis latent-diffusion models/ldm/*/config.yaml',
};
