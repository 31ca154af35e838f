import { faultRule } from './support/fault-rule.ts';

export const FMT072 = faultRule({
  id: 'FMT072',
  name: 'onnx-external-overlap',
  title: 'Tensors share bytes of the file beside an ONNX model',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Two tensors that share a part of their bytes come from a writer that counted wrongly: one of them holds the numbers of the other. Tensors that lie in the very same bytes are sound, for exporters store equal weights once; that is said as a note.',
  mend: 'Export the model again, or download it again where somebody else offers it.',
  sources: ['ONNX docs/ExternalData.md'],
  cases: {
    'onnx-external-overlap': {
      related: ({ file, other }) => [{ file, tensor: other }],
      words: ({ tensor, location, other }) => ({
        what: `\`${tensor}\` shares a part of its bytes in \`${location}\` with \`${other}\``,
        expected: 'bytes of their own, or all the same ones',
      }),
    },
    'onnx-external-shared': {
      severity: 'note',
      related: ({ file, other }) => [{ file, tensor: other }],
      words: ({ tensor, other, count }) => ({
        what: `\`${tensor}\` lies in the same bytes as \`${other}\`${count === 1 ? '' : `, and so do ${count - 1} more tensors`}`,
      }),
    },
  },
});
