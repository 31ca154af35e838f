import type { Family } from './family.ts';
import { sdxl } from './sdxl.ts';

export const koala1b: Family = {
  id: 'koala-1b',
  title: 'KOALA-1B',
  signature: {
    ...sdxl.signature,
    layers_per_block: [1, 1, 1],
    down_depths: [0, 2, 6],
    mid: [6],
    up_depths: [6, 6, 2, 2, 0, 0],
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 128,
    vaeFactor: 8,
    vaeScale: 0.13025,
  },
  source: 'etri-vilab koala-1b unet/config.json; ComfyUI KOALA_1B',
};
