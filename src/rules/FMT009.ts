import { bytes, faultRule, group } from './support/fault-rule.ts';

export const FMT009 = faultRule({
  id: 'FMT009',
  name: 'offsets-outside-file',
  title: 'A tensor lies outside the file',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The offsets of a tensor must lie within the data. A loader that trusts them reads other memory or crashes; the reference reader refuses the whole file.',
  mend: 'Write the file again from its source. If other tensors are sound, the header was damaged or edited.',
  sources: [
    'safetensors README, “Format”',
    'safetensors crate 0.8, src/tensor.rs: InvalidOffset, MetadataIncompleteBuffer',
  ],
  cases: {
    'offsets-reversed': {
      words: ({ tensor, begin, end }) => ({
        what: `\`${tensor}\` ends before it begins`,
        found: `bytes ${group(begin)} to ${group(end)} of the data`,
        expected: 'an end that is not before the beginning',
      }),
    },
    'offsets-beyond-file': {
      words: ({ tensor, begin, end, limit }) => ({
        what: `\`${tensor}\` lies beyond the end of the file`,
        found: `bytes ${group(begin)} to ${group(end)} of the data`,
        expected: `at most ${bytes(limit)} of data`,
      }),
    },
  },
});
