import type { Family } from './family.ts';
import { guidedDiffusion256 } from './guided-diffusion-256.ts';

export const guidedDiffusion256Uncond: Family = {
  id: 'guided-diffusion-256-uncond',
  title: 'guided-diffusion 256, unconditional',
  signature: {
    ...guidedDiffusion256.signature,
    classes: undefined,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 256,
    vaeFactor: 1,
    schedule: 'ddpm',
  },
  source: 'openai guided-diffusion script_util.py',
};
