import { defineRule } from './rule.ts';
import { against, type ProbeArgs } from './support/run.ts';

/** Activations are too large for half precision. */
export const RUN002 = defineRule<ProbeArgs>({
  id: 'RUN002',
  name: 'half-precision-overflow',
  title: 'Activations are too large for half precision',
  severity: 'warning',
  evidence: 'run',
  since: '0.1.0',
  why: `float16 ends at 65504. A net whose activations come near it runs soundly in float32 and bfloat16, and gives infinity, then NaN, then black pictures in the float16 that most programs choose by themselves. The measured numbers come from noise and short runs: prompts and sizes that were not tried may go further.`,
  mend: 'Run the net in bfloat16 or float32, or use the option that keeps attention in float32.',
  sources: [
    'madebyollin/sdxl-vae-fp16-fix, README: a published model whose activations overflow float16',
    'Micikevicius et al. 2022, FP8 formats for deep learning: e4m3 ends at 448',
  ],
  check: (context) => against(context, 'overflow'),
  words: ({ said }) => ({ what: 'activations do not fit the precision that it may be run in', found: said }),
});
