import { faultRule } from './support/fault-rule.ts';

export const FMT066 = faultRule({
  id: 'FMT066',
  name: 'onnx-data-type',
  title: 'A tensor of an ONNX model has a type that is not known',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The type says how long a number is and what its bits mean. With none, or with one that ONNX does not have, the bytes mean nothing.',
  mend: 'Export the model again, or download it again where somebody else offers it.',
  sources: ['onnx.proto: TensorProto.DataType'],
  cases: {
    'onnx-data-type': {
      words: ({ tensor, type }) => ({
        what: `\`${tensor}\` has no type that ONNX has`,
        found: `data_type ${type}`,
        expected: '1 to 26',
      }),
    },
  },
});
