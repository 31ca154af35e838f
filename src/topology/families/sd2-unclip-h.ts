import type { Family } from './family.ts';
import { sd2 } from './sd2.ts';

export const sd2UnclipH: Family = {
  id: 'sd2-unclip-h',
  title: 'Stable Diffusion 2.1 unCLIP-H',
  signature: {
    ...sd2.signature,
    class_width: 2048,
    added_width: undefined,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'v_prediction', sampleSize: 96, vaeFactor: 8 },
  source: 'Stability-AI stablediffusion configs/stable-diffusion/v2-1-stable-unclip-h-inference.yaml',
};
