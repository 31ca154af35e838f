import { bytes, faultRule, group } from './support/fault-rule.ts';

export const FMT040 = faultRule({
  id: 'FMT040',
  name: 'gguf-truncated',
  title: 'A GGUF file ends before its contents do',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A download or a copy that broke off. The list of tensors stands at the front, so the file opens and looks complete; programs that map it into memory crash at the first weight that is not there, others draw noise.',
  mend: 'Download or copy the file again, then compare its size with the one that its page gives.',
  sources: [
    'ggml src/gguf.cpp, gguf_init_from_reader',
    'llama.cpp src/llama-model-loader.cpp: tensor data is not within the file bounds',
  ],
  cases: {
    'gguf-header-cut': {
      words: ({ what, actual }) => ({
        what: `the file ends inside ${what}`,
        found: bytes(actual),
        expected: 'a header that ends before the file does',
      }),
    },
    'gguf-truncated': {
      words: ({ expected, actual, tensors }) => ({
        what: `the file ends ${bytes(expected - actual)} too early, and ${tensors === 1 ? 'one tensor is' : `${group(tensors)} tensors are`} cut off`,
        found: bytes(actual),
        expected: bytes(expected),
      }),
    },
  },
});
