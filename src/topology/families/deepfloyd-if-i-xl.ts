import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const deepfloydIfIXl: Family = {
  id: 'deepfloyd-if-i-xl',
  title: 'DeepFloyd IF stage I XL',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 3,
    out_channels: 6,
    block_out_channels: [704, 1408, 2112, 2816],
    layers_per_block: [...times(4, 3)],
    down_depths: [0, 0, 0, ...times(9, -1)],
    mid: [-1],
    up_depths: [...times(12, -1), ...times(4, 0)],
    cross_attention_dim: 2816,
    video: false,
    scale_shift: true,
    resblock_updown: true,
    added_keys: true,
    added_width: 4096,
    encoder_hid_dim: 4096,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 64,
    vaeFactor: 1,
    schedule: 'cosine',
  },
  source: 'DeepFloyd IF-I-XL-v1.0 unet/config.json',
};
