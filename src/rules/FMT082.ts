import { faultRule } from './support/fault-rule.ts';

export const FMT082 = faultRule({
  id: 'FMT082',
  name: 'not-a-model',
  title: 'The file is no model at all',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A picture, a text or a program goes by the name of a model. Previews and metadata that lie beside models get mixed up with them by scripts that rename; a program under such a name may be there to be started by mistake.',
  mend: 'Get the model again from where it came from. Do not start a program that was called a model.',
  sources: ['PNG specification, 5.2', 'ELF specification, e_ident', 'Microsoft PE format, MS-DOS stub'],
  cases: {
    'not-a-model': {
      words: ({ title }) => ({
        what: 'the file is no model',
        found: title,
        expected: 'a model',
        evidence: 'its bytes',
      }),
    },
  },
});
