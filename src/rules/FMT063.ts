import { faultRule } from './support/fault-rule.ts';

export const FMT063 = faultRule({
  id: 'FMT063',
  name: 'onnx-graph',
  title: 'The graph of an ONNX model cannot be computed',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `A graph is computed by making each value once, before anything reads it. Where a value is read and never made, or made twice, runtimes refuse the model. Where only the order of the nodes is wrong, ONNX's checker refuses it while ONNX Runtime sorts them itself; converters to half precision leave such files.`,
  mend: 'Export the model again. A graph that is out of order is put right by any tool that sorts it, as `onnx-simplifier` does.',
  sources: [
    'ONNX docs/IR.md: graphs are in static single assignment form, nodes sorted',
    'onnx/checker.cc: check_graph',
  ],
  cases: {
    'onnx-no-graph': { words: () => ({ what: 'there is no graph in the model' }) },
    'onnx-value-undefined': {
      words: ({ value, reader }) => ({ what: `\`${reader}\` reads \`${value}\`, which nothing makes` }),
    },
    'onnx-value-early': {
      severity: 'note',
      words: ({ value, reader, count }) => ({
        what: `\`${reader}\` stands before what makes \`${value}\`${count === 1 ? '' : `, and so for ${count - 1} more values`}`,
        expected: 'nodes in the order in which they can be computed',
      }),
    },
    'onnx-value-twice': {
      words: ({ value }) => ({ what: `\`${value}\` is made twice`, expected: 'each value once' }),
    },
  },
});
