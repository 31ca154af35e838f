import type { Family } from './family.ts';
import { sd1 } from './sd1.ts';

export const ldmText2img1p4b: Family = {
  id: 'ldm-text2img-1p4b',
  title: 'Latent Diffusion text2img 1.4B',
  signature: {
    ...sd1.signature,
    cross_attention_dim: 1280,
  },
  conventions: { heads: { heads: 8 }, prediction_type: 'epsilon', sampleSize: 32, vaeFactor: 8 },
  source: 'CompVis configs/latent-diffusion/txt2img-1p4B-eval.yaml',
};
