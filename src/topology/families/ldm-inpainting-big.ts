import { type Family, NO_OTHER_INPUTS, times } from './family.ts';

export const ldmInpaintingBig: Family = {
  id: 'ldm-inpainting-big',
  title: 'Latent Diffusion inpainting',
  signature: {
    ...NO_OTHER_INPUTS,
    in_channels: 7,
    out_channels: 3,
    block_out_channels: [256, 512, 768, 1024],
    layers_per_block: [...times(4, 2)],
    down_depths: [0, 0, ...times(6, -1)],
    mid: [-1],
    up_depths: [...times(9, -1), 0, 0, 0],
    cross_attention_dim: undefined,
    video: false,
    scale_shift: false,
    resblock_updown: true,
    added_keys: false,
  },
  conventions: {
    heads: { heads: 8 },
    prediction_type: 'epsilon',
    sampleSize: 64,
    vaeFactor: 4,
    schedule: 'ldm-0205',
  },
  source: 'CompVis latent-diffusion models/ldm/*/config.yaml',
};
