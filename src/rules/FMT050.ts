import { faultRule } from './support/fault-rule.ts';

export const FMT050 = faultRule({
  id: 'FMT050',
  name: 'gguf-no-tensors',
  title: 'A GGUF file holds no tensor',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: 'The file is a sound container with metadata at most. Language models have such files for a vocabulary alone; as a net it is empty.',
  mend: 'Take the file of the model itself, or convert it again and see that tensors are written.',
  sources: ['GGUF specification (ggml docs/gguf.md), naming convention: vocab'],
  cases: {
    'gguf-no-tensors': {
      words: () => ({ what: 'the file holds no tensor', found: '0 tensors', expected: 'at least one' }),
    },
  },
});
