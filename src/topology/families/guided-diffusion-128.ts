import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const guidedDiffusion128: Family = {
  id: 'guided-diffusion-128',
  title: 'guided-diffusion 128',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 3,
    out_channels: 6,
    block_out_channels: [256, 256, 512, 768, 1024],
    layers_per_block: [...times(5, 2)],
    down_depths: [...times(4, 0), ...times(6, -1)],
    mid: [-1],
    up_depths: [...times(9, -1), ...times(6, 0)],
    cross_attention_dim: undefined,
    video: false,
    scale_shift: true,
    resblock_updown: true,
    added_keys: false,
    classes: 1000,
  },
  conventions: { heads: { heads: 4 }, prediction_type: 'epsilon', sampleSize: 128, vaeFactor: 1 },
  source: 'openai guided-diffusion script_util.py',
};
