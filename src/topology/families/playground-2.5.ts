import type { Family } from './family.ts';
import { sdxl } from './sdxl.ts';

export const playground25: Family = {
  id: 'playground-2.5',
  title: 'Playground 2.5',
  signature: {
    ...sdxl.signature,
  },
  conventions: {
    heads: { headDim: 64 },
    prediction_type: 'edm',
    sampleSize: 128,
    vaeFactor: 8,
    vaeScale: 0.5,
  },
  toldBy: (hints) => {
    if (hints.markers?.has('edm_mean')) return 'marker tensors edm_mean and edm_std';
    return hints.prediction_type === 'edm' ? 'an EDM scheduler' : undefined;
  },
  source: 'playgroundai playground-v2.5-1024px-aesthetic',
};
