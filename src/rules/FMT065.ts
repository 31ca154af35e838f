import { faultRule } from './support/fault-rule.ts';

export const FMT065 = faultRule({
  id: 'FMT065',
  name: 'onnx-tensor-name',
  title: 'A weight of an ONNX model has no name of its own',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Nodes find their weights by name. A name that stands for two tensors is read differently by different programs, and a tensor without a name is read by none.',
  mend: 'Export the model again, or download it again where somebody else offers it.',
  sources: ['onnx/checker.cc: check_graph, initializer names are unique and not empty'],
  cases: {
    'onnx-tensor-unnamed': { words: () => ({ what: 'a weight of the graph has no name' }) },
    'onnx-tensor-twice': {
      words: ({ tensor }) => ({
        what: `\`${tensor}\` stands twice among the weights`,
        expected: 'each name once',
      }),
    },
  },
});
