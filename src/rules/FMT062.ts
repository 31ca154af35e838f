import { faultRule } from './support/fault-rule.ts';

export const FMT062 = faultRule({
  id: 'FMT062',
  name: 'onnx-version',
  title: 'The version of an ONNX model is missing or not known',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The version says by which rules a model is to be read, and each operator is computed by the version of the operator set that the model imports. Without them, or with a version from the future, a runtime refuses the model.',
  mend: 'Export the model again. Where the version is newer than this tool knows, update the tool; a converter can also write the model in an older version.',
  sources: ['ONNX docs/Versioning.md', 'onnx/checker.cc: check_model'],
  cases: {
    'onnx-version': {
      words: ({ version, newest }) => ({
        what: 'its version of ONNX is not known',
        found: `ir_version ${version}`,
        expected: `1 to ${newest}`,
      }),
    },
    'onnx-opset-missing': {
      words: ({ domain }) => ({
        what: `it uses operators of ${domainName(domain)} and imports no version of them`,
        expected: 'an opset_import for each domain',
      }),
    },
    'onnx-opset-twice': {
      words: ({ domain }) => ({
        what: `it imports the operators of ${domainName(domain)} twice`,
        expected: 'each domain once',
      }),
    },
  },
});

function domainName(domain: string): string {
  return domain === '' ? 'ONNX itself' : `\`${domain}\``;
}
