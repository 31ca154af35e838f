import type { Family } from './family.ts';
import { sd2 } from './sd2.ts';

export const sd2V: Family = {
  id: 'sd2-v',
  title: 'Stable Diffusion 2 (768, v-prediction)',
  signature: {
    ...sd2.signature,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'v_prediction', sampleSize: 96, vaeFactor: 8 },
  toldBy: (hints) => {
    if (hints.architecture === 'stable-diffusion-v2-768-v') return 'modelspec.architecture';
    if (hints.prediction_type === 'v_prediction') return 'prediction_type v_prediction';
    return hints.sample_size === 96 ? 'sample_size 96' : undefined;
  },
  source: 'Stability-AI stablediffusion configs/stable-diffusion/v2-inference-v.yaml',
};
