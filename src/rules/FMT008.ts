import { faultRule } from './support/fault-rule.ts';

export const FMT008 = faultRule({
  id: 'FMT008',
  name: 'hole-in-data',
  title: 'Bytes between two tensors belong to none',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Tensors must follow each other without gaps, so that nothing can hide between them. A gap is what remains when a tensor is cut out of the header by hand, when offsets are computed with the wrong dtype, or when a file is made to be two formats at once.',
  mend: 'Write the file again with the safetensors library; it leaves no gaps.',
  sources: ['safetensors README, “Format”', 'safetensors crate 0.8, src/tensor.rs: InvalidOffset'],
  cases: {
    hole: {
      related: ({ file, before, after }) =>
        [before, after].flatMap((tensor) => (tensor === undefined ? [] : [{ file, tensor }])),
      words: ({ before, after }) => ({
        what:
          before === undefined
            ? `bytes before the first tensor, \`${after}\`, belong to none`
            : `bytes between \`${before}\` and \`${after}\` belong to no tensor`,
        expected: 'tensors that follow each other without gaps',
      }),
    },
  },
});
