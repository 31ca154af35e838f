import { faultRule } from './support/fault-rule.ts';

export const FMT090 = faultRule({
  id: 'FMT090',
  name: 'invalid-tza',
  title: 'A tensor archive is damaged',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A tensor archive of Open Image Denoise says at its end where each tensor lies, and the library trusts that table: an entry that is wrong is refused at best, and at worst other bytes are read as weights.',
  mend: 'Fetch the file again, or write it again from the training checkpoint.',
  sources: ['Open Image Denoise: training/tza.py; core/tza.cpp, parseTZA'],
  cases: {
    'tza-invalid': {
      words: ({ tensor, reason }) => ({
        what:
          tensor === undefined
            ? `the tensor archive is damaged: ${reason}`
            : `\`${tensor}\` is not as a tensor archive has it: ${reason}`,
        found: reason,
      }),
    },
  },
});
