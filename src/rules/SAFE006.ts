import { faultRule } from './support/fault-rule.ts';

export const SAFE006 = faultRule({
  id: 'SAFE006',
  name: 'entry-path-leads-out',
  title: 'An entry of the archive is named so that it leads elsewhere',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A program that unpacks the archive, as torch does with the tar format, would write the entry outside of the folder that is meant for it, over whatever stands there.',
  mend: 'Do not unpack or load the file.',
  sources: ['CWE-22: path traversal', 'torch serialization.py: legacy_load unpacks the archive'],
  cases: {
    'zip-entry-name': {
      words: ({ entry, reason }) => ({
        what: `the entry \`${entry}\` leads elsewhere: ${reason}`,
        found: reason,
        expected: 'a plain path below the archive',
      }),
    },
  },
});
