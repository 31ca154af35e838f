import { bytes, faultRule, group } from './support/fault-rule.ts';

export const FMT047 = faultRule({
  id: 'FMT047',
  name: 'gguf-layout',
  title: 'The tensors of a GGUF file do not follow each other',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'Each tensor begins where the one before it ends, at the next multiple of the alignment, in the order of the list. Offsets that say otherwise come from a writer that counted with another size or alignment, and then weights are read askew; or from a file in which something is hidden. ggml refuses every one of these; readers in Python go by the offset and load it.',
  mend: 'Convert the model again with a current converter. Editing a tensor in place needs every offset after it to be written anew.',
  sources: [
    'GGUF specification (ggml docs/gguf.md): tensor infos, alignment',
    'ggml src/gguf.cpp: the offset must be the sum of the padded sizes before it',
  ],
  cases: {
    'gguf-unaligned': {
      words: ({ tensor, offset, alignment }) => ({
        what: `\`${tensor}\` does not begin at a multiple of the alignment`,
        found: `byte ${group(offset)} of the data`,
        expected: `a multiple of ${alignment}`,
      }),
    },
    'gguf-overlap': {
      related: ({ file, other }) => [{ file, tensor: other }],
      words: ({ tensor, other }) => ({
        what: `\`${tensor}\` shares bytes with \`${other}\``,
        expected: 'tensors that follow each other without overlap',
      }),
    },
    'gguf-hole': {
      related: ({ file, before, after }) =>
        [before, after].flatMap((tensor) => (tensor === undefined ? [] : [{ file, tensor }])),
      words: ({ before, after }) => ({
        what:
          before === undefined
            ? `bytes before the first tensor, \`${after}\`, belong to none`
            : `bytes between \`${before}\` and \`${after}\` belong to no tensor`,
        expected: 'tensors that follow each other, padded to the alignment and no more',
      }),
    },
    'gguf-order': {
      severity: 'warning',
      words: ({ tensor }) => ({
        what: `\`${tensor}\` does not lie in the order in which the tensors are listed`,
        expected: 'data in the order of the list',
      }),
    },
    'gguf-beyond-file': {
      words: ({ tensor, begin, end, limit }) => ({
        what: `\`${tensor}\` lies beyond the end of the file`,
        found: `bytes ${group(begin)} to ${group(end)} of the data`,
        expected: `at most ${bytes(limit)} of data`,
      }),
    },
  },
});
