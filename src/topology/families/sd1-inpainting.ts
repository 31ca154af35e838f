import type { Family } from './family.ts';
import { sd1 } from './sd1.ts';

export const sd1Inpainting: Family = {
  id: 'sd1-inpainting',
  title: 'Stable Diffusion 1 inpainting',
  signature: {
    ...sd1.signature,
    in_channels: 9,
  },
  conventions: { heads: { heads: 8 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'runwayml stable-diffusion-inpainting: latent 4, mask 1, masked latent 4',
};
