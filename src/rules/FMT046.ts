import { faultRule } from './support/fault-rule.ts';

export const FMT046 = faultRule({
  id: 'FMT046',
  name: 'gguf-duplicate-tensor',
  title: 'A GGUF file lists a tensor twice',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A name stands for one tensor. Where it is listed twice, some programs would take the first and others the last, and the same file would hold different weights for them; ggml and gguf-py refuse it.',
  mend: 'Convert the model again. After a merge, see which of the two tensors was meant.',
  sources: ['ggml src/gguf.cpp: duplicate tensor name', 'gguf-py gguf_reader.py'],
  cases: {
    'gguf-tensor-twice': {
      words: ({ tensor }) => ({ what: `\`${tensor}\` is listed twice`, expected: 'each name once' }),
    },
  },
});
