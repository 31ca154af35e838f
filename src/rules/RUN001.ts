import { defineRule } from './rule.ts';
import { against, type ProbeArgs } from './support/run.ts';

/** The net gives NaN or infinity. */
export const RUN001 = defineRule<ProbeArgs>({
  id: 'RUN001',
  name: 'not-finite',
  title: 'The net gives NaN or infinity',
  severity: 'error',
  evidence: 'run',
  since: '0.1.0',
  why: `One number that is none spreads: through the next norm over its group, through the next attention over the whole picture. What comes out is black, or an error of the decoder. The first block that puts such numbers out is named; its own weights, or its input, are to blame.`,
  mend: "Where `ungarble validate --values` names NaN in that block's tensors, the file is damaged: take it from its source again. Else the block overflows: run the net in bfloat16 or float32.",
  sources: [
    'AUTOMATIC1111 modules/devices.py, test_for_nans; its option to upcast cross attention to float32',
  ],
  check: (context) => against(context, 'finite'),
  words: ({ said }) => ({ what: 'the net gives numbers that are none', found: said }),
});
