import type { Family } from './family.ts';
import { sdxl } from './sdxl.ts';

export const kolors: Family = {
  id: 'kolors',
  title: 'Kolors',
  signature: {
    ...sdxl.signature,
    added_width: 5632,
    encoder_hid_dim: 4096,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 128,
    vaeFactor: 8,
    schedule: 'kolors',
    vaeScale: 0.13025,
  },
  source: 'Kwai-Kolors Kolors unet/config.json',
};
