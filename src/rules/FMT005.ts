import { faultRule } from './support/fault-rule.ts';

export const FMT005 = faultRule({
  id: 'FMT005',
  name: 'malformed-entry',
  title: 'A tensor is not declared as the format demands',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: "Each tensor is declared by a dtype, a shape and two offsets. When one of them is missing or is no whole number, where its bytes lie is anybody's guess; the reference reader refuses the whole file.",
  mend: 'Write the file again with the safetensors library from the weights that it was made of.',
  sources: [
    'safetensors README, “Format”',
    'safetensors crate 0.8, src/tensor.rs: InvalidHeaderDeserialization',
  ],
  cases: {
    'entry-not-object': {
      words: ({ tensor, found }) => ({
        what: `\`${tensor}\` is not declared by an object`,
        found,
        expected: 'an object with dtype, shape and data_offsets',
      }),
    },
    'missing-field': {
      words: ({ tensor, field }) => ({ what: `\`${tensor}\` is declared without \`${field}\`` }),
    },
    'duplicate-field': {
      words: ({ tensor, field }) => ({ what: `\`${tensor}\` is declared with \`${field}\` twice` }),
    },
    'field-wrong-type': {
      words: ({ tensor, field, expected, found }) => ({
        what: `\`${field}\` of \`${tensor}\` is of the wrong type`,
        found,
        expected,
      }),
    },
    'not-an-integer': {
      words: ({ tensor, field, found }) => ({
        what: `\`${field}\` of \`${tensor}\` holds something that is no whole number`,
        found,
        expected: 'an integer from 0 to 2⁶⁴−1, without sign, point or exponent',
      }),
    },
  },
});
