import { bytes, dims, faultRule, group } from './support/fault-rule.ts';

export const FMT011 = faultRule({
  id: 'FMT011',
  name: 'size-mismatch',
  title: 'A tensor is not as long as its shape and dtype say',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Shape times dtype must give exactly the bytes between the two offsets. If it does not, shape or dtype was edited or the tensor was cut, and its values would be read askew.',
  mend: 'Write the tensor again from its source. A conversion that changes the dtype must change the offsets of every tensor after it.',
  sources: ['safetensors crate 0.8, src/tensor.rs: TensorInvalidInfo, ValidationOverflow, MisalignedSlice'],
  cases: {
    'size-mismatch': {
      words: ({ tensor, shape, dtype, expected, actual }) => ({
        what: `\`${tensor}\` is not as long as its shape and dtype say`,
        found: bytes(actual),
        expected: `${bytes(expected)} for ${dtype} ${dims(shape)}`,
      }),
    },
    'shape-overflow': {
      words: ({ tensor, shape, dtype }) => ({
        what: `\`${tensor}\` is declared larger than any memory`,
        found: `${dtype} ${dims(shape)}`,
        expected: 'fewer than 2⁶⁴ bits',
      }),
    },
    'misaligned-slice': {
      words: ({ tensor, shape, dtype, bits }) => ({
        what: `\`${tensor}\` does not fill its last byte`,
        found: `${dtype} ${dims(shape)}, ${group(bits)} bits`,
        expected: 'a multiple of 8 bits',
      }),
    },
  },
});
