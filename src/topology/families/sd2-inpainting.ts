import type { Family } from './family.ts';
import { sd2 } from './sd2.ts';

export const sd2Inpainting: Family = {
  id: 'sd2-inpainting',
  title: 'Stable Diffusion 2 inpainting',
  signature: {
    ...sd2.signature,
    in_channels: 9,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'Stability-AI stablediffusion configs/stable-diffusion/v2-inpainting-inference.yaml',
};
