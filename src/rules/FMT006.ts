import { faultRule } from './support/fault-rule.ts';

export const FMT006 = faultRule({
  id: 'FMT006',
  name: 'unknown-dtype',
  title: 'A tensor has a dtype that the format does not know',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The dtype says how many bits an element takes. A name that the format does not have comes from a newer writer, or from one that made it up; loaders refuse the whole file because of one such tensor.',
  mend: 'Save the tensor in one of the dtypes of the format, such as F16, BF16 or F8_E4M3. If a newer version of the library knows the name, update this tool.',
  sources: ['safetensors crate 0.8, src/tensor.rs: Dtype'],
  cases: {
    'dtype-unknown': {
      words: ({ tensor, dtype }) => ({
        what: `\`${tensor}\` has a dtype that safetensors does not know`,
        found: dtype,
        expected: 'one of its 22 dtypes, such as F32, F16, BF16 or F8_E4M3',
      }),
    },
  },
});
