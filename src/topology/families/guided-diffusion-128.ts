import { type Family, times } from './family.ts';
import { guidedDiffusion256 } from './guided-diffusion-256.ts';

export const guidedDiffusion128: Family = {
  id: 'guided-diffusion-128',
  title: 'guided-diffusion 128',
  signature: {
    ...guidedDiffusion256.signature,
    block_out_channels: [256, 256, 512, 768, 1024],
    layers_per_block: [...times(5, 2)],
    down_depths: [...times(4, 0), ...times(6, -1)],
    up_depths: [...times(9, -1), ...times(6, 0)],
  },
  conventions: {
    heads: { heads: 4 },
    prediction_type: 'epsilon',
    sampleSize: 128,
    vaeFactor: 1,
    schedule: 'ddpm',
  },
  source: 'openai guided-diffusion script_util.py',
};
