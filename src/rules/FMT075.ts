import { faultRule } from './support/fault-rule.ts';

export const FMT075 = faultRule({
  id: 'FMT075',
  name: 'onnx-no-tensors',
  title: 'An ONNX model holds no weights',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: `A graph without weights computes with its inputs alone: a piece of a pipeline, such as a sampler or a picture's resizing, and no net.`,
  mend: 'Name the file that holds the net.',
  sources: ['onnx.proto: GraphProto.initializer'],
  cases: {
    'onnx-no-tensors': { words: () => ({ what: 'the model holds no weights at all' }) },
  },
});
