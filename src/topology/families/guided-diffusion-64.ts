import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const guidedDiffusion64: Family = {
  id: 'guided-diffusion-64',
  title: 'guided-diffusion 64',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 3,
    out_channels: 6,
    block_out_channels: [192, 384, 576, 768],
    layers_per_block: [...times(4, 3)],
    down_depths: [0, 0, 0, ...times(9, -1)],
    mid: [-1],
    up_depths: [...times(12, -1), ...times(4, 0)],
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
    sampleSize: 64,
    vaeFactor: 1,
    schedule: 'cosine',
  },
  source: 'openai guided-diffusion script_util.py',
};
