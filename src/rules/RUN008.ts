import { defineRule } from './rule.ts';
import { against, type ProbeArgs } from './support/run.ts';

/** The same weights, computed another way, denoise better. */
export const RUN008 = defineRule<ProbeArgs>({
  id: 'RUN008',
  name: 'reads-better-otherwise',
  title: 'Computed another way the same weights denoise better',
  severity: 'error',
  evidence: 'run',
  since: '0.1.0',
  why: `Which of sine and cosine stands first in the time embedding, the shift of its frequencies, the zeros around a picture before it is halved, the number of groups of the norms and the activation are in no shape. They come from a config or from the convention of a grammar. Where a config was lost or edited, a net is computed otherwise than it was trained: nothing fails, and pictures get worse by a half and more.`,
  mend: 'Set what the finding names in the config of the U-Net (`flip_sin_to_cos`, `freq_shift`, `downsample_padding`, `norm_num_groups`, `act_fn`). If it stands there as the finding has it, look for who reads the file without the config.',
  sources: [
    'diffusers, UNet2DConditionModel: flip_sin_to_cos, freq_shift, downsample_padding, norm_num_groups, act_fn',
    'docs/how-it-knows.md',
  ],
  check: (context) => against(context, 'reading'),
  words: ({ said }) => ({ what: 'computed another way the same weights denoise better', found: said }),
});
