import { faultRule } from './support/fault-rule.ts';

export const FMT070 = faultRule({
  id: 'FMT070',
  name: 'onnx-external-missing',
  title: 'A file of weights beside an ONNX model is missing',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Models above 2 GB, and those of most exporters, keep their weights in a file beside them, such as `model.onnx_data` or `weights.pb`. It has to be in the same folder under the same name: renamed, it is not found.',
  mend: 'Download or copy the file too, under the name that the model says.',
  sources: ['ONNX docs/ExternalData.md'],
  cases: {
    'onnx-external-missing': {
      words: ({ tensor, location }) => ({
        what: `the file with the weights is not there; \`${tensor}\` and others lie in it`,
        expected: location,
      }),
    },
  },
});
