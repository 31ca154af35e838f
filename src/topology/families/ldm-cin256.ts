import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const ldmCin256: Family = {
  id: 'ldm-cin256',
  title: 'Latent Diffusion ImageNet 256 (KL)',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [256, 512, 1024],
    layers_per_block: [2, 2, 2],
    down_depths: [...times(6, 1)],
    mid: [1],
    up_depths: [...times(9, 1)],
    cross_attention_dim: 512,
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
  },
  conventions: {
    heads: { headDim: 32 },
    prediction_type: 'epsilon',
    sampleSize: 32,
    vaeFactor: 8,
    schedule: 'ldm-0195',
  },
  source: 'CompVis latent-diffusion models/ldm/*/config.yaml',
};
