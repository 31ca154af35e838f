import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const guidedDiffusion256: Family = {
  id: 'guided-diffusion-256',
  title: 'guided-diffusion 256',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 3,
    out_channels: 6,
    block_out_channels: [256, 256, 512, 512, 1024, 1024],
    layers_per_block: [...times(6, 2)],
    down_depths: [...times(6, 0), ...times(6, -1)],
    mid: [-1],
    up_depths: [...times(9, -1), ...times(9, 0)],
    cross_attention_dim: undefined,
    video: false,
    scale_shift: true,
    resblock_updown: true,
    added_keys: false,
    classes: 1000,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 256,
    vaeFactor: 1,
    schedule: 'ddpm',
  },
  source: 'openai guided-diffusion script_util.py',
};
