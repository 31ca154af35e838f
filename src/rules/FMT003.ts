import { faultRule } from './support/fault-rule.ts';

export const FMT003 = faultRule({
  id: 'FMT003',
  name: 'misnamed-file',
  title: 'The name says one format and the contents another',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Most programs choose the reader by the name. A checkpoint renamed to `.safetensors` fails there with a message about its header, and so does one renamed to `.gguf`. If it is a pickle, the new name also hides from people that loading it can run code.',
  mend: 'Give the file the extension of what it is, or convert it to safetensors with a tool that does not execute it.',
  sources: [
    'safetensors crate 0.8, src/tensor.rs',
    'PyTorch serialization notes: a checkpoint since 1.6 is a zip archive',
  ],
  cases: {
    'misnamed-file': {
      words: ({ named, format }) => ({
        what: 'the file is not what its name says',
        found: format,
        expected: named,
        evidence: 'its first bytes',
      }),
    },
  },
});
