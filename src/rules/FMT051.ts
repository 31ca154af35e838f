import { faultRule } from './support/fault-rule.ts';

export const FMT051 = faultRule({
  id: 'FMT051',
  name: 'gguf-file-type',
  title: 'A GGUF file says it is quantised otherwise than it is',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: '`general.file_type` is a label; programs show it and load the tensors by their own types. Where no tensor has the type that the label names, the quality and size that people expect of the file are not what they get. Early converters for ComfyUI wrote the number of the tensor type there, which stands for another label.',
  mend: 'Nothing has to be done for the file to load. To have the label right, quantise the model again.',
  sources: [
    'llama.cpp include/llama.h: enum llama_ftype',
    'GGUF specification (ggml docs/gguf.md): general.file_type',
  ],
  cases: {
    'gguf-file-type': {
      words: ({ declared, found }) => ({
        what: `the file calls itself ${declared}, and its tensors are not`,
        found: found.join(', '),
        expected: declared,
        evidence: '`general.file_type` against the types of the tensors',
      }),
    },
  },
});
