import { bytes, faultRule } from './support/fault-rule.ts';

export const FMT004 = faultRule({
  id: 'FMT004',
  name: 'malformed-header',
  title: 'The header cannot be read',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The header is the table of contents: without it no tensor can be found. It is JSON in UTF-8, and every loader stands on a strict reader of that. A file like this was damaged, cut and padded, or written by hand.',
  mend: 'Download the file again. If it was written by a script of your own, let the safetensors library write the header.',
  sources: [
    'safetensors README, “Format”',
    'safetensors crate 0.8, src/tensor.rs: InvalidHeader, InvalidHeaderDeserialization, HeaderTooLarge',
  ],
  cases: {
    'header-too-large': {
      words: ({ declared, limit }) => ({
        what: 'the header is said to be longer than any loader reads',
        found: bytes(declared),
        expected: `at most ${bytes(limit)}`,
        fix: 'This is no safetensors file, or its first 8 bytes are damaged: download it again.',
      }),
    },
    'header-not-utf8': {
      words: ({ found }) => ({ what: 'the header is not UTF-8', found, expected: 'UTF-8' }),
    },
    'header-not-json': {
      words: ({ problem, expected, found }) => ({
        what:
          problem === 'trailing-data' ? 'the header goes on after its end' : 'the header is not valid JSON',
        found,
        expected,
      }),
    },
    'header-not-object': {
      words: ({ found }) => ({ what: 'the header is not a JSON object', found, expected: 'an object' }),
    },
  },
});
