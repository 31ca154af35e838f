import { bytes, faultRule } from './support/fault-rule.ts';

const WHERE = {
  before: 'before the first entry',
  between: 'between two entries',
  'before-end': 'behind the directory',
  after: 'behind the archive',
} as const;

export const SAFE007 = faultRule({
  id: 'SAFE007',
  name: 'hidden-bytes',
  title: 'The file holds bytes that belong to nothing',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: 'torch writes no byte that it does not read again. What lies beside the entries, behind the pickle or behind the last storage is not loaded as weights, and is where a second file is hidden that another program finds.',
  mend: 'Load the weights without executing anything, as `ungarble` does, and save them as safetensors.',
  sources: ['torch caffe2/serialize/inline_container.cc', 'trailofbits/fickling: polyglot files'],
  cases: {
    'zip-hidden-bytes': {
      words: ({ where }) => ({
        what: `bytes that no entry owns lie ${WHERE[where]}`,
        expected: 'entries one after another',
      }),
    },
    'pytorch-trailing-bytes': {
      words: ({ expected, actual }) => ({
        what: `${bytes(actual - expected)} follow the last storage`,
        found: bytes(actual),
        expected: bytes(expected),
      }),
    },
    'pickle-trailing-bytes': {
      words: ({ count, entry }) => ({
        what: `${bytes(count)} follow the end of ${entry === undefined ? 'the pickle' : `the pickle in \`${entry}\``}`,
        found: 'something behind STOP',
        expected: 'nothing',
      }),
    },
  },
});
