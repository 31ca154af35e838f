import type { Family } from './family.ts';
import { kandinsky21 } from './kandinsky-2.1.ts';

export const kandinsky22: Family = {
  id: 'kandinsky-2.2',
  title: 'Kandinsky 2.2',
  signature: {
    ...kandinsky21.signature,
    added_width: 1280,
    encoder_hid_dim: undefined,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 64,
    vaeFactor: 8,
    schedule: 'sd-linear',
    vaeScale: 1,
  },
  source: 'kandinsky-community kandinsky-2-2-decoder unet/config.json',
};
