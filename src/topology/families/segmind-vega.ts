import { type Family, NO_OTHER_INPUTS } from './family.ts';

export const segmindVega: Family = {
  id: 'segmind-vega',
  title: 'Segmind Vega',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [320, 640, 1280],
    layers_per_block: [2, 2, 2],
    down_depths: [0, 0, 1, 1, 2, 2],
    mid: 'resnet',
    up_depths: [2, 2, 2, 1, 1, 1, 0, 0, 0],
    cross_attention_dim: 2048,
    linear_projection: true,
    only_cross_attention: [false, false, false],
    video: false,
    scale_shift: false,
    resblock_updown: false,
    added_keys: false,
    added_width: 2816,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'epsilon', sampleSize: 128, vaeFactor: 8 },
  source: 'segmind Segmind-Vega unet/config.json; ComfyUI Segmind_Vega',
};
