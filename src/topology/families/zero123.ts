import type { Family } from './family.ts';
import { sd1 } from './sd1.ts';

export const zero123: Family = {
  id: 'zero123',
  title: 'Zero-1-to-3',
  signature: {
    ...sd1.signature,
    in_channels: 8,
  },
  conventions: { heads: { heads: 8 }, prediction_type: 'epsilon', sampleSize: 32, vaeFactor: 8 },
  toldBy: (hints) => (hints.markers?.has('cc_projection') ? 'cc_projection beside the net' : undefined),
  source: 'cvlab-columbia zero123; diffusers scripts/convert_zero123_to_diffusers.py',
};
