import type { Family } from './family.ts';
import { svd } from './svd.ts';

export const sv3dU: Family = {
  id: 'sv3d-u',
  title: 'SV3D u',
  signature: {
    ...svd.signature,
    added_width: 256,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'edm_v_prediction', sampleSize: 72, vaeFactor: 8 },
  source: 'Stability-AI generative-models configs for sv3d_u',
};
