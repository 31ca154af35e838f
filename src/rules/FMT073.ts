import { bytes, faultRule } from './support/fault-rule.ts';

export const FMT073 = faultRule({
  id: 'FMT073',
  name: 'onnx-external-unclaimed',
  title: 'The file beside an ONNX model holds bytes that belong to no tensor',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: 'Exporters that write into a file that is already there append to it: the old weights stay and the file grows with each export. Nothing reads them; it may also be another file smuggled along.',
  mend: 'Delete the file of weights before exporting again, so that it holds one model.',
  sources: ['ONNX docs/ExternalData.md: save_as_external_data appends'],
  cases: {
    'onnx-external-unclaimed': {
      words: ({ location, count }) => ({
        what: `${bytes(count)} of \`${location}\` belong to no tensor`,
        expected: 'no more than an alignment asks for',
      }),
    },
  },
});
