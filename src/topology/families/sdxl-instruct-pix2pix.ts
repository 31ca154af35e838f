import type { Family } from './family.ts';
import { sdxl } from './sdxl.ts';

export const sdxlInstructPix2pix: Family = {
  id: 'sdxl-instruct-pix2pix',
  title: 'Stable Diffusion XL InstructPix2Pix',
  signature: {
    ...sdxl.signature,
    in_channels: 8,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 96,
    vaeFactor: 8,
    vaeScale: 0.13025,
  },
  source: 'diffusers sdxl-instructpix2pix-768; ComfyUI SDXL_instructpix2pix',
};
