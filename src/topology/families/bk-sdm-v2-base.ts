import { bkSdmBase } from './bk-sdm-base.ts';
import type { Family } from './family.ts';

export const bkSdmV2Base: Family = {
  id: 'bk-sdm-v2-base',
  title: 'BK-SDM v2 base',
  signature: {
    ...bkSdmBase.signature,
    cross_attention_dim: 1024,
    linear_projection: true,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'Nota-NetsPresso BK-SDM src/unet_config_v2*',
};
