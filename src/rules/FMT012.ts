import { faultRule } from './support/fault-rule.ts';

export const FMT012 = faultRule({
  id: 'FMT012',
  name: 'duplicate-tensor',
  title: 'A tensor is declared twice',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Most readers of JSON keep the last of two equal names, some the first. The same file then holds different weights for different programs, and nobody is told. The format forbids it; the reference reader notices only when bytes are left without an owner.',
  mend: 'Write the file again with each name once. After a merge, see which of the two tensors was meant.',
  sources: ['safetensors README, “Format”', 'safetensors crate 0.8, src/tensor.rs'],
  cases: {
    'duplicate-tensor': {
      words: ({ tensor }) => ({
        what: `\`${tensor}\` is declared twice, for different bytes`,
        expected: 'each name once',
      }),
    },
    'duplicate-tensor-same-range': {
      severity: 'warning',
      words: ({ tensor }) => ({
        what: `\`${tensor}\` is declared twice, for the same bytes`,
        expected: 'each name once',
      }),
    },
  },
});
