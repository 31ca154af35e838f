import { faultRule } from './support/fault-rule.ts';

export const FMT074 = faultRule({
  id: 'FMT074',
  name: 'onnx-text',
  title: 'A text of an ONNX model is not what the format asks for',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: 'Names and metadata are UTF-8, and each key of the metadata stands once. Programs differ in what they make of others.',
  mend: 'Export the model again, or download it again where somebody else offers it.',
  sources: ['onnx/checker.cc: metadata_props keys are unique', 'onnx.proto: string fields'],
  cases: {
    'onnx-not-utf8': { words: ({ what }) => ({ what: `${what} is not UTF-8` }) },
    'onnx-metadata-twice': {
      words: ({ key }) => ({ what: `the metadata has \`${key}\` twice`, expected: 'each key once' }),
    },
  },
});
