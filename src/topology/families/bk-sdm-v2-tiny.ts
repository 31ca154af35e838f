import { bkSdmTiny } from './bk-sdm-tiny.ts';
import type { Family } from './family.ts';

export const bkSdmV2Tiny: Family = {
  id: 'bk-sdm-v2-tiny',
  title: 'BK-SDM v2 tiny',
  signature: {
    ...bkSdmTiny.signature,
    cross_attention_dim: 1024,
    linear_projection: true,
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'Nota-NetsPresso BK-SDM src/unet_config_v2*',
};
