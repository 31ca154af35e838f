import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const ldmLsunChurches256: Family = {
  id: 'ldm-lsun-churches256',
  title: 'Latent Diffusion LSUN churches 256',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [192, 384, 384, 768, 768],
    layers_per_block: [...times(5, 2)],
    down_depths: [...times(8, -1), 0, 0],
    mid: [-1],
    up_depths: [0, 0, 0, ...times(12, -1)],
    cross_attention_dim: undefined,
    video: false,
    scale_shift: true,
    resblock_updown: true,
    added_keys: false,
  },
  conventions: {
    heads: { heads: 8 },
    prediction_type: 'epsilon',
    sampleSize: 32,
    vaeFactor: 8,
    schedule: 'ldm-0155',
  },
  source: 'CompVis latent-diffusion models/ldm/*/config.yaml',
};
