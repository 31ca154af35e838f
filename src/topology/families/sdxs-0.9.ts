import { bkSdmTiny } from './bk-sdm-tiny.ts';
import type { Family } from './family.ts';

export const sdxs09: Family = {
  id: 'sdxs-0.9',
  title: 'SDXS-512 0.9',
  signature: {
    ...bkSdmTiny.signature,
    cross_attention_dim: 1024,
    linear_projection: true,
    only_cross_attention: [true, false, false],
  },
  conventions: { heads: { headDim: 64 }, prediction_type: 'epsilon', sampleSize: 64, vaeFactor: 8 },
  source: 'IDKiro sdxs-512-0.9; ComfyUI SD09_XS',
};
