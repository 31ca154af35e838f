import { type Family, times } from './family.ts';
import { sd1 } from './sd1.ts';

export const bkSdmBase: Family = {
  id: 'bk-sdm-base',
  title: 'BK-SDM base',
  signature: {
    ...sd1.signature,
    layers_per_block: [...times(4, 1)],
    down_depths: [1, 1, 1, 0],
    up_depths: [0, 0, ...times(6, 1)],
  },
  conventions: { heads: { heads: 8 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'Nota-NetsPresso BK-SDM src/unet_config*',
};
