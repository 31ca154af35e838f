import { bkSdmTiny } from './bk-sdm-tiny.ts';
import { type Family, times } from './family.ts';

export const sdxs512: Family = {
  id: 'sdxs-512',
  title: 'SDXS-512',
  signature: {
    ...bkSdmTiny.signature,
    down_depths: [0, 1, 1],
    up_depths: [...times(4, 1), 0, 0],
  },
  conventions: { heads: { heads: 8 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'IDKiro sdxs-512-dreamshaper; ComfyUI SD_XS',
};
