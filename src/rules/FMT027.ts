import { faultRule } from './support/fault-rule.ts';

export const FMT027 = faultRule({
  id: 'FMT027',
  name: 'unknown-compression',
  title: 'An entry of the archive is compressed in a way that torch cannot read',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'torch stores its entries as they are, and reads deflated ones too. Whatever packed this archive used another method, so the checkpoint does not load.',
  mend: 'Load the original in torch and save it again, or unpack the archive and pack it without compression.',
  sources: ['PKWARE APPNOTE 6.3.10, 4.4.5', 'miniz: only methods 0 and 8'],
  cases: {
    'zip-entry-method': {
      words: ({ entry, method }) => ({
        what: `\`${entry}\` is compressed by method ${method}`,
        found: `method ${method}`,
        expected: '0, stored, or 8, deflated',
      }),
    },
  },
});
