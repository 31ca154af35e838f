import { bkSdmBase } from './bk-sdm-base.ts';
import type { Family } from './family.ts';

export const bkSdmSmall: Family = {
  id: 'bk-sdm-small',
  title: 'BK-SDM small',
  signature: {
    ...bkSdmBase.signature,
    mid: 'none',
  },
  conventions: { heads: { heads: 8 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'Nota-NetsPresso BK-SDM src/unet_config*',
};
