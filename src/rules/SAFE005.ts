import { faultRule } from './support/fault-rule.ts';

export const SAFE005 = faultRule({
  id: 'SAFE005',
  name: 'ambiguous-archive',
  title: 'The archive says two things about one entry',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A zip gives each entry’s name, size and flags twice, and readers differ in which one they believe. Where the two disagree a scanner can be shown one file and torch another: that is how CVE-2025-1944 and CVE-2025-1945 hid pickles. No program writes such an archive by accident.',
  mend: 'Do not load the file. Get it from where it was first published, best as safetensors.',
  sources: [
    'CVE-2025-1944',
    'CVE-2025-1945',
    'PKWARE APPNOTE 6.3.10',
    'torch caffe2/serialize/inline_container.cc',
  ],
  cases: {
    'zip-entry-mismatch': {
      words: ({ entry, field, local, central }) => ({
        what: `the archive gives two ${field === 'size' || field === 'packed size' ? 'sizes' : `values for the ${field}`} of \`${entry}\``,
        found: local,
        expected: `${central}, as its directory says`,
      }),
    },
    'zip-duplicate-entry': {
      words: ({ entry, other }) => ({
        what: `two entries are one to a loader: \`${entry}\` and \`${other}\``,
        found: 'two entries',
        expected: 'each name once, whatever the case of its letters',
      }),
    },
    'zip-second-directory': {
      words: () => ({
        what: 'the archive ends twice',
        found: 'two end records',
        expected: 'one, at the end of the file',
      }),
    },
    'zip-overlap': {
      words: ({ entry, other }) => ({
        what: `\`${other}\` reaches into \`${entry === '' ? 'the directory' : entry}\``,
        found: 'entries that share bytes',
        expected: 'each entry behind the one before',
      }),
    },
    'zip-entry-flags': {
      words: ({ entry, flags }) => ({
        what: `\`${entry}\` is marked as encrypted or patched, which some readers heed and others do not`,
        found: `flags 0x${flags.toString(16)}`,
        expected: 'none of these',
      }),
    },
  },
});
