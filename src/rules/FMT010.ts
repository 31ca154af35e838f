import { bytes, faultRule } from './support/fault-rule.ts';

export const FMT010 = faultRule({
  id: 'FMT010',
  name: 'trailing-bytes',
  title: 'Bytes after the last tensor belong to none',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The last tensor must end where the file does. What follows is hidden from every loader: the rest of a longer file that was overwritten, two files joined by mistake, or another file smuggled along. The reference reader refuses it.',
  mend: 'Find out where the bytes come from; then write the file again with the safetensors library, or cut it at the byte where the last tensor ends.',
  sources: ['safetensors README, “Format”', 'safetensors crate 0.8, src/tensor.rs: MetadataIncompleteBuffer'],
  cases: {
    'trailing-bytes': {
      words: ({ expected, actual }) => ({
        what: `${bytes(actual - expected)} after the last tensor belong to none`,
        found: bytes(actual),
        expected: bytes(expected),
      }),
    },
  },
});
