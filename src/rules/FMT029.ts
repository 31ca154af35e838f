import { faultRule } from './support/fault-rule.ts';

export const FMT029 = faultRule({
  id: 'FMT029',
  name: 'malformed-tensor',
  title: 'A tensor is described by what cannot be a tensor',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The call that rebuilds the tensor has a shape, strides, offset or storage that no tensor has. torch.save does not write such a thing; loading the file fails there, or in older versions reads memory that it should not (CVE-2026-24747).',
  mend: 'Save the checkpoint again with `torch.save`, or get it from where it came from.',
  sources: ['torch _utils.py', 'torch docs/source/notes/serialization.rst', 'CVE-2026-24747'],
  cases: {
    'tensor-invalid': {
      words: ({ tensor, reason }) => ({ what: `\`${tensor}\` cannot be a tensor: ${reason}` }),
    },
    'byteorder-invalid': {
      words: ({ found }) => ({
        what: 'the order of bytes is none that there is',
        found: JSON.stringify(found),
        expected: 'little or big',
      }),
    },
  },
});
