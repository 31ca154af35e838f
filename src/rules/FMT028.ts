import { bytes, faultRule } from './support/fault-rule.ts';

export const FMT028 = faultRule({
  id: 'FMT028',
  name: 'storage-mismatch',
  title: 'A tensor does not fit the storage that it names',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A PyTorch checkpoint says in one place what a tensor looks like and keeps its bytes in another. The two do not fit, as in files that were put together by hand or by a faulty converter. torch refuses the file; versions before 2.10 could read beyond the storage instead (CVE-2026-24747).',
  mend: 'Save the checkpoint again with `torch.save`, or get it from where it came from.',
  sources: ['torch _utils.py: _rebuild_tensor_v2', 'CVE-2026-24747'],
  cases: {
    'storage-missing': {
      words: ({ tensor, record }) => ({
        what: `the bytes of \`${tensor}\` are missing`,
        found: `no \`${record}\``,
        expected: `a storage \`${record}\``,
      }),
    },
    'storage-size-mismatch': {
      words: ({ record, expected, actual }) => ({
        what: `the storage \`${record}\` is not as long as its tensors say`,
        found: bytes(actual),
        expected: bytes(expected),
      }),
    },
    'tensor-outside-storage': {
      words: ({ tensor, record, needed, actual }) => ({
        what: `\`${tensor}\` reaches beyond its storage \`${record}\``,
        found: bytes(actual),
        expected: `at least ${bytes(needed)}`,
        evidence: 'its offset, shape and strides',
      }),
    },
  },
});
