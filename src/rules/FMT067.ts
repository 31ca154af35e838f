import { dims, faultRule } from './support/fault-rule.ts';

export const FMT067 = faultRule({
  id: 'FMT067',
  name: 'onnx-shape',
  title: 'A tensor of an ONNX model has an impossible shape',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Dimensions are counts. A negative one, or a product beyond any memory, comes from a broken writer or is meant to make a reader count wrongly.',
  mend: 'Export the model again, or download it again where somebody else offers it.',
  sources: ['onnx/checker.cc: check_tensor'],
  cases: {
    'onnx-dimension': {
      words: ({ tensor, shape }) => ({
        what: `\`${tensor}\` has a dimension below zero`,
        found: dims(shape),
        expected: 'dimensions from 0 on',
      }),
    },
    'onnx-shape-overflow': {
      words: ({ tensor, shape }) => ({
        what: `\`${tensor}\` is declared larger than any memory`,
        found: dims(shape),
        expected: 'fewer than 2⁵³ bytes',
      }),
    },
  },
});
