import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const kandinsky21: Family = {
  id: 'kandinsky-2.1',
  title: 'Kandinsky 2.1',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 8,
    block_out_channels: [384, 768, 1152, 1536],
    layers_per_block: [...times(4, 3)],
    down_depths: [0, 0, 0, ...times(9, -1)],
    mid: [-1],
    up_depths: [...times(12, -1), ...times(4, 0)],
    cross_attention_dim: 768,
    video: false,
    scale_shift: true,
    resblock_updown: true,
    added_keys: true,
    added_width: 768,
    encoder_hid_dim: 1024,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 64,
    vaeFactor: 8,
    schedule: 'sd-linear',
    vaeScale: 1,
  },
  source: 'diffusers scripts/convert_kandinsky_to_diffusers.py',
};
