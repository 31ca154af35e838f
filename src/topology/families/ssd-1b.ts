import type { Family } from './family.ts';
import { sdxl } from './sdxl.ts';

export const ssd1b: Family = {
  id: 'ssd-1b',
  title: 'Segmind SSD-1B',
  signature: {
    ...sdxl.signature,
    down_depths: [0, 0, 2, 2, 4, 4],
    mid: 'resnet',
    up_depths: [4, 4, 10, 2, 1, 1, 0, 0, 0],
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 128,
    vaeFactor: 8,
    vaeScale: 0.13025,
  },
  source: 'segmind SSD-1B unet/config.json; ComfyUI SSD1B',
};
