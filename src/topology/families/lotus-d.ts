import type { Family } from './family.ts';
import { sd2 } from './sd2.ts';

export const lotusD: Family = {
  id: 'lotus-d',
  title: 'Lotus-D',
  signature: {
    ...sd2.signature,
    class_width: 4,
    added_width: undefined,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'ComfyUI comfy/supported_models.py, LotusD',
};
