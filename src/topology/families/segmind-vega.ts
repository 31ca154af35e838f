import type { Family } from './family.ts';
import { sdxl } from './sdxl.ts';

export const segmindVega: Family = {
  id: 'segmind-vega',
  title: 'Segmind Vega',
  signature: {
    ...sdxl.signature,
    down_depths: [0, 0, 1, 1, 2, 2],
    mid: 'resnet',
    up_depths: [2, 2, 2, 1, 1, 1, 0, 0, 0],
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 128,
    vaeFactor: 8,
    vaeScale: 0.13025,
  },
  source: 'segmind Segmind-Vega unet/config.json; ComfyUI Segmind_Vega',
};
