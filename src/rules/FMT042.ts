import { bytes, faultRule, group } from './support/fault-rule.ts';

export const FMT042 = faultRule({
  id: 'FMT042',
  name: 'gguf-malformed-header',
  title: 'The header of a GGUF file is not as the format demands',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The header is read front to back by the counts and lengths that stand in it: one that is wrong makes nonsense of all that follows. Counts and lengths that no file can hold are also how files are made that overrun a reader which multiplies them before it looks.',
  mend: 'Download the file again. If it was written by a script of your own, let gguf-py write it.',
  sources: [
    'ggml src/gguf.cpp and tests/test-gguf.cpp',
    'CVE-2024-21802, CVE-2024-21825, CVE-2024-21836, CVE-2024-23496, CVE-2024-23605: counts and lengths that overflow in ggml',
  ],
  cases: {
    'gguf-count': {
      words: ({ what, declared, limit }) => ({
        what: `the header declares a number of ${what} that no such file can hold`,
        found: group(declared),
        expected: `at most ${group(limit)} by the size of the file`,
      }),
    },
    'gguf-length': {
      words: ({ what, declared, limit }) => ({
        what: `${what} is said to be longer than the format allows`,
        found: group(declared),
        expected: `at most ${group(limit)}`,
      }),
    },
    'gguf-value-type': {
      words: ({ key, type, inArray }) => ({
        what: `\`${key}\` has ${inArray ? 'elements' : 'a value'} of a type that the format does not have`,
        found: `type ${type}`,
        expected: 'a type from 0 to 12',
      }),
    },
    'gguf-array-nested': {
      words: ({ key }) => ({
        what: `\`${key}\` is an array of arrays, which no reader takes`,
        expected: 'an array of numbers or strings',
      }),
    },
    'gguf-key-empty': { words: () => ({ what: 'a key of the metadata has no name' }) },
    'gguf-key-twice': {
      words: ({ key }) => ({ what: `the metadata \`${key}\` is given twice`, expected: 'each key once' }),
    },
    'gguf-alignment': {
      words: ({ found }) => ({
        what: '`general.alignment` is no alignment',
        found,
        expected: `a power of two as UINT32; ${bytes(32)} were assumed`,
      }),
    },
  },
});
