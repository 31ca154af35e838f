import type { Family } from './family.ts';
import { sdxl } from './sdxl.ts';

export const lcmSdxl: Family = {
  id: 'lcm-sdxl',
  title: 'Latent consistency model on Stable Diffusion XL',
  signature: {
    ...sdxl.signature,
    guidance_dim: 256,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 128,
    vaeFactor: 8,
    vaeScale: 0.13025,
  },
  source: 'latent-consistency lcm-sdxl unet/config.json',
};
