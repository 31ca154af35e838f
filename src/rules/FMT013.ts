import { faultRule } from './support/fault-rule.ts';

export const FMT013 = faultRule({
  id: 'FMT013',
  name: 'malformed-metadata',
  title: 'The metadata is not text by name',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: '`__metadata__` maps names to strings and nothing else. A number or a list in it, which other JSON would allow, makes the reference reader refuse the whole file: the weights cannot be loaded because of a note about them.',
  mend: 'Write every value as a string: `"1000"`, not `1000`. Nested values are stored as JSON within a string.',
  sources: [
    'safetensors README, “Format”',
    'safetensors crate 0.8, src/tensor.rs: InvalidHeaderDeserialization',
  ],
  cases: {
    'metadata-not-object': {
      words: ({ found }) => ({
        what: 'the metadata is not an object',
        found,
        expected: 'an object of strings',
      }),
    },
    'metadata-not-string': {
      words: ({ key, found }) => ({
        what: `the metadata \`${key}\` is not a string`,
        found,
        expected: 'a string',
      }),
    },
    'duplicate-metadata': {
      words: () => ({ what: 'the header has two sets of metadata', expected: 'at most one' }),
    },
  },
});
