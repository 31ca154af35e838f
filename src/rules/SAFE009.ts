import { faultRule } from './support/fault-rule.ts';

export const SAFE009 = faultRule({
  id: 'SAFE009',
  name: 'second-identity',
  title: 'The file is two things at once',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A file that is valid as two formats, or an archive with a pickle too many, is read one way by the scanner and another way by the program. Scanners go by the extension or by the first pickle that they find (CVE-2025-1889).',
  mend: 'Do not load the file. Get it from where it was first published, best as safetensors.',
  sources: ['CVE-2025-1889', 'CVE-2025-10155', 'trailofbits/fickling: polyglot files'],
  cases: {
    polyglot: {
      words: ({ format, other }) => ({
        what: `the file begins as a ${format} and ends as a ${other}`,
        found: other,
        expected: format,
      }),
    },
    'second-pickle': {
      words: ({ entry, other }) => ({
        what: `the archive holds a second checkpoint: \`${entry}\` beside \`${other}\``,
        found: entry,
        expected: `\`${other}\` alone`,
      }),
    },
    'disguised-pickle': {
      words: ({ entry }) => ({
        what: `\`${entry}\` is a pickle under another name`,
        found: 'a pickle',
        expected: 'a name that says so',
      }),
    },
  },
});
