import type { Family } from './family.ts';
import { sdxl } from './sdxl.ts';

export const kolorsMerged: Family = {
  id: 'kolors-merged',
  title: 'Kolors (text projection outside the U-Net)',
  signature: {
    ...sdxl.signature,
    added_width: 5632,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 128,
    vaeFactor: 8,
    schedule: 'kolors',
    vaeScale: 0.13025,
  },
  source: 'ComfyUI-KwaiKolorsWrapper: encoder_hid_proj kept beside the net',
};
