import type { Family } from './family.ts';
import { sd1 } from './sd1.ts';

export const lcmSd1: Family = {
  id: 'lcm-sd1',
  title: 'Latent consistency model on Stable Diffusion 1',
  signature: {
    ...sd1.signature,
    guidance_dim: 256,
  },
  conventions: { heads: { heads: 8 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'diffusers TimestepEmbedding cond_proj; SimianLuo LCM_Dreamshaper_v7',
};
