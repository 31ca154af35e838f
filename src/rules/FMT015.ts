import { faultRule, group } from './support/fault-rule.ts';

export const FMT015 = faultRule({
  id: 'FMT015',
  name: 'unaligned-data',
  title: 'Weights do not begin where the machine reads best',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: 'Writers pad the header to a multiple of 8 bytes and sort tensors by dtype, so that each can be used where it lies in the mapped file. Where that was not done, loading copies the tensor, and some readers (typed arrays in JavaScript, strict C++ ones) fail.',
  mend: 'Load the file with the safetensors library and save it again.',
  sources: ['safetensors crate 0.8, src/tensor.rs: prepare', 'safetensors README, “Benefits”: alignment'],
  cases: {
    'header-unaligned': {
      words: ({ headerLength }) => ({
        what: 'the data does not begin at a multiple of 8 bytes',
        found: `at byte ${group(headerLength)}`,
        expected: 'a multiple of 8',
      }),
    },
    'tensor-unaligned': {
      words: ({ tensor, dtype, alignment }) => ({
        what: `\`${tensor}\` does not begin at a multiple of its element`,
        expected: `a multiple of ${alignment} bytes for ${dtype}`,
      }),
    },
  },
});
