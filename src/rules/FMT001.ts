import { bytes, faultRule, group } from './support/fault-rule.ts';

export const FMT001 = faultRule({
  id: 'FMT001',
  name: 'truncated-file',
  title: 'The file ends before its contents do',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A download or a copy that broke off. The file has its full name and often nearly its full size, so it looks complete; loaders refuse it, or read past its end where they map it into memory.',
  mend: 'Download or copy the file again, then compare its size with the one that its page gives. `huggingface-cli download` and `curl -C -` go on where they stopped.',
  sources: [
    'safetensors crate 0.8, src/tensor.rs: HeaderTooSmall, InvalidHeaderLength, MetadataIncompleteBuffer',
  ],
  cases: {
    'pytorch-truncated': {
      words: ({ expected, actual }) => ({
        what: `the file ends ${bytes(expected - actual)} too early, inside its data`,
        found: bytes(actual),
        expected: `at least ${bytes(expected)}`,
      }),
    },
    'file-too-short': {
      words: ({ actual }) => ({
        what: actual === 0 ? 'the file is empty' : 'the file is too short to be a safetensors file',
        found: bytes(actual),
        expected: 'at least 8 bytes, the length of the header',
      }),
    },
    'header-beyond-file': {
      words: ({ declared, actual }) => ({
        what: 'the file ends inside its header',
        found: bytes(actual),
        expected: `a header of ${bytes(declared)} after the first 8`,
      }),
    },
    'file-truncated': {
      words: ({ expected, actual, tensors }) => ({
        what: `the file ends ${bytes(expected - actual)} too early, and ${tensors === 1 ? 'one tensor is' : `${group(tensors)} tensors are`} cut off`,
        found: bytes(actual),
        expected: bytes(expected),
      }),
    },
  },
});
