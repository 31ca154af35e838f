import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const deepfloydIfIiL: Family = {
  id: 'deepfloyd-if-ii-l',
  title: 'DeepFloyd IF stage II L',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 6,
    out_channels: 6,
    block_out_channels: [160, 320, 640, 960, 1280],
    layers_per_block: [2, 2, 3, 5, 5],
    down_depths: [...times(7, 0), ...times(10, -1)],
    mid: [-1],
    up_depths: [...times(12, -1), ...times(10, 0)],
    cross_attention_dim: 1280,
    video: false,
    scale_shift: true,
    resblock_updown: true,
    added_keys: true,
    class_width: 160,
    added_width: 4096,
    encoder_hid_dim: 4096,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 256,
    vaeFactor: 1,
    schedule: 'cosine',
  },
  source: 'DeepFloyd IF-II-L-v1.0 unet/config.json',
};
