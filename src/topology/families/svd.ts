import type { Family } from './family.ts';
import { sd2 } from './sd2.ts';

export const svd: Family = {
  id: 'svd',
  title: 'Stable Video Diffusion',
  signature: {
    ...sd2.signature,
    in_channels: 8,
    video: true,
    added_width: 768,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'edm_v_prediction', sampleSize: 72, vaeFactor: 8 },
  source: 'Stability-AI generative-models configs/inference/svd.yaml',
};
