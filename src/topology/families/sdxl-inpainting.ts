import type { Family } from './family.ts';
import { sdxl } from './sdxl.ts';

export const sdxlInpainting: Family = {
  id: 'sdxl-inpainting',
  title: 'Stable Diffusion XL inpainting',
  signature: {
    ...sdxl.signature,
    in_channels: 9,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 128,
    vaeFactor: 8,
    vaeScale: 0.13025,
  },
  source: 'diffusers stable-diffusion-xl-1.0-inpainting-0.1 unet/config.json',
};
