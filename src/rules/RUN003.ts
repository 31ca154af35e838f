import { defineRule } from './rule.ts';
import { against, type ProbeArgs } from './support/run.ts';

/** The net does not take the noise away. */
export const RUN003 = defineRule<ProbeArgs>({
  id: 'RUN003',
  name: 'no-denoising',
  title: 'The net does not take the noise away',
  severity: 'error',
  evidence: 'run',
  since: '0.1.0',
  why: `At a high noise level nearly everything in the sample is noise, and every trained net finds it, whatever it was trained on. A net that does not is not the one that was trained: blocks swapped or lost, channels permuted, weights of two unrelated nets mixed, or a noise level that it was never trained for.

The best guess at a picture is a gradient, so what a trained net answers to small changes is symmetric: how pixel a moves with pixel b is how b moves with a. Damage breaks that before it shows in the noise that is found.`,
  mend: 'Look at the other findings first: a wrong prediction type or schedule looks like this too and is mended by a setting. Else take the file from its source again, or undo the merge or conversion that made it.',
  sources: [
    'Ho, Jain and Abbeel 2020, Denoising diffusion probabilistic models, equation 14: the loss is the error of the noise found',
    'docs/how-it-knows.md',
  ],
  check: (context) => against(context, 'gain', 'symmetry'),
  words: ({ said, finding }) => ({
    what:
      finding === 'asymmetric'
        ? 'the net does not move as a denoiser does'
        : 'the net does not find the noise in a sample',
    found: said,
  }),
});
