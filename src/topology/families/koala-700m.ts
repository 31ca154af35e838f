import type { Family } from './family.ts';
import { sdxl } from './sdxl.ts';

export const koala700m: Family = {
  id: 'koala-700m',
  title: 'KOALA-700M',
  signature: {
    ...sdxl.signature,
    layers_per_block: [1, 1, 1],
    down_depths: [0, 2, 5],
    mid: 'none',
    up_depths: [5, 5, 2, 2, 0, 0],
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 128,
    vaeFactor: 8,
    vaeScale: 0.13025,
  },
  source: 'etri-vilab koala-700m unet/config.json; ComfyUI KOALA_700M',
};
