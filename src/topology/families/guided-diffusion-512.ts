import { type Family, times } from './family.ts';
import { guidedDiffusion256 } from './guided-diffusion-256.ts';

export const guidedDiffusion512: Family = {
  id: 'guided-diffusion-512',
  title: 'guided-diffusion 512',
  signature: {
    ...guidedDiffusion256.signature,
    block_out_channels: [128, 256, 256, 512, 512, 1024, 1024],
    layers_per_block: [...times(7, 2)],
    down_depths: [...times(8, 0), ...times(6, -1)],
    up_depths: [...times(9, -1), ...times(12, 0)],
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'epsilon',
    sampleSize: 512,
    vaeFactor: 1,
    schedule: 'ddpm',
  },
  source: 'openai guided-diffusion script_util.py',
};
