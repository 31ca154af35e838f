import { faultRule } from './support/fault-rule.ts';

export const FMT069 = faultRule({
  id: 'FMT069',
  name: 'onnx-external-path',
  title: 'An ONNX model names a file for its weights that may not be opened',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Weights may lie in a file beside the model, which the model names. A name that leads out of its folder, be it `..`, an absolute path or a symbolic link, makes whoever loads the model read any file of the machine, and send it on as "weights". Links of the Hugging Face cache to its own `blobs` are followed.',
  mend: 'Do not load the model elsewhere. Where it is your own, export it again with the weights in its own folder.',
  sources: [
    'ONNX docs/ExternalData.md',
    'CVE-2022-25882, CVE-2024-27318: ONNX external data path traversal',
    'onnxruntime issue 27353: links of the Hugging Face cache',
  ],
  cases: {
    'onnx-external-path': {
      words: ({ tensor, location, reason }) => ({
        what: `\`${tensor}\` lies in a file that may not be opened: ${reason}`,
        found: location,
        expected: 'a file in the folder of the model',
      }),
    },
  },
});
