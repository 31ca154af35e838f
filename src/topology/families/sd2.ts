import type { Family } from './family.ts';
import { sd1 } from './sd1.ts';

export const sd2: Family = {
  id: 'sd2',
  title: 'Stable Diffusion 2',
  signature: {
    ...sd1.signature,
    cross_attention_dim: 1024,
    linear_projection: true,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'Stability-AI stablediffusion configs/stable-diffusion/v2-inference.yaml',
};
