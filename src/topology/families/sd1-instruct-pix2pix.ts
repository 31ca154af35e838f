import type { Family } from './family.ts';
import { sd1 } from './sd1.ts';

export const sd1InstructPix2pix: Family = {
  id: 'sd1-instruct-pix2pix',
  title: 'Stable Diffusion 1 InstructPix2Pix',
  signature: {
    ...sd1.signature,
    in_channels: 8,
  },
  conventions: { heads: { heads: 8 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'timbrooks instruct-pix2pix: latent 4, latent of the edited picture 4',
};
