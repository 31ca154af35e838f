import { faultRule } from './support/fault-rule.ts';

export const FMT014 = faultRule({
  id: 'FMT014',
  name: 'nonstandard-header',
  title: 'The header is not as the format is written',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: 'The reference reader loads the file, by what its JSON library happens to let pass. Other programs, such as those in JavaScript, C++ or Go, read the written format and may refuse the file, or read it otherwise.',
  mend: 'Load the file with the safetensors library and save it again: its writer keeps to the format.',
  sources: ['safetensors README, “Format”', 'safetensors 0.8.0, behaviour seen by loading such files'],
  cases: {
    'header-leading-whitespace': {
      words: () => ({ what: 'white space stands before the header', expected: '“{” as its first byte' }),
    },
    'header-odd-padding': {
      words: ({ found }) => ({
        what: 'the header is padded with something other than spaces',
        found,
        expected: 'byte 0x20',
      }),
    },
    'entry-as-array': {
      words: ({ tensor }) => ({
        what: `\`${tensor}\` is declared by an array`,
        found: 'an array',
        expected: 'an object',
      }),
    },
    'dtype-as-object': {
      words: ({ tensor, dtype }) => ({
        what: `the dtype of \`${tensor}\` is written as an object`,
        found: `{"${dtype}": null}`,
        expected: `"${dtype}"`,
      }),
    },
    'unknown-field': {
      words: ({ tensor, field }) => ({
        what: `\`${tensor}\` has a field that the format does not know: \`${field}\``,
        expected: 'dtype, shape and data_offsets',
      }),
    },
    'metadata-null': {
      words: () => ({
        what: 'the metadata is null',
        found: 'null',
        expected: 'an object of strings, or none',
      }),
    },
    'duplicate-metadata-key': {
      words: ({ key }) => ({
        what: `the metadata \`${key}\` is given twice`,
        expected: 'each name once',
      }),
    },
  },
});
