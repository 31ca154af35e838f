import { faultRule } from './support/fault-rule.ts';

export const FMT007 = faultRule({
  id: 'FMT007',
  name: 'tensor-overlap',
  title: 'Two tensors share bytes',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Each byte of the data belongs to one tensor. Tensors that overlap come from a writer that counted wrongly, and then at least one of them holds weights of another; or from a file made to look small and load large.',
  mend: 'Write the file again from its source. Tensors that are meant to be shared are stored once, and named in the metadata.',
  sources: [
    'safetensors README, “Format”',
    'safetensors attacks/README.md',
    'safetensors crate 0.8, src/tensor.rs: InvalidOffset',
  ],
  cases: {
    overlap: {
      related: ({ file, other }) => [{ file, tensor: other }],
      words: ({ tensor, other }) => ({
        what: `\`${tensor}\` shares bytes with \`${other}\``,
        expected: 'tensors that follow each other without overlap',
      }),
    },
  },
});
