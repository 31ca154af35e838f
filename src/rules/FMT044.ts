import { faultRule } from './support/fault-rule.ts';

export const FMT044 = faultRule({
  id: 'FMT044',
  name: 'gguf-tensor-type',
  title: 'A tensor of a GGUF file has a type that cannot be',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The type says how many elements are packed together and in how many bytes. A type that is not known, or was taken out of the format, leaves the place of the tensor unknown; rows that do not fill their last block cannot be packed at all. Loaders refuse the whole file because of one such tensor.',
  mend: 'Convert the model again with a current converter; it leaves tensors whose rows do not fit unquantised. If a newer ggml knows the type, update this tool.',
  sources: [
    'ggml include/ggml.h: enum ggml_type',
    'gguf-py constants.py: GGML_QUANT_SIZES',
    'CVE-2026-33298: bytes of a tensor that overflow in ggml',
  ],
  cases: {
    'gguf-type': {
      words: ({ tensor, type, name }) => ({
        what:
          name === undefined
            ? `\`${tensor}\` has a type that is not known`
            : `\`${tensor}\` has a type that was taken out of the format`,
        found: name === undefined ? `type ${type}` : `type ${type} (${name})`,
        expected: 'one of the types of ggml, such as F16, Q8_0 or Q4_K',
      }),
    },
    'gguf-block': {
      words: ({ tensor, dtype, row, block }) => ({
        what: `the rows of \`${tensor}\` do not fill their blocks`,
        found: `rows of ${row}`,
        expected: `a multiple of ${block} for ${dtype}`,
      }),
    },
  },
});
