import { faultRule } from './support/fault-rule.ts';

export const FMT025 = faultRule({
  id: 'FMT025',
  name: 'broken-archive',
  title: 'The archive around the tensors is damaged',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A PyTorch checkpoint is an archive: a zip since 1.6, stacked pickles before that, a tar in the oldest. Its directory, counts or headers do not lead to the contents, as after a download that broke off or a copy in text mode. torch refuses the file, or loads some of it.',
  mend: 'Download or copy the file again, and compare its size with that on its page.',
  sources: [
    'PKWARE APPNOTE 6.3.10',
    'torch serialization.py: _legacy_load, legacy_load',
    'POSIX.1-1988, ustar',
  ],
  cases: {
    'zip-no-directory': {
      words: ({ reason }) => ({
        what: `the archive has no directory that can be read: ${reason}`,
        expected: 'a central directory at the end of the file',
      }),
    },
    'zip-directory-invalid': {
      words: ({ reason }) => ({ what: `the directory of the archive is damaged: ${reason}` }),
    },
    'zip-entry-outside': {
      words: ({ entry }) => ({
        what: `the contents of \`${entry}\` do not lie where the directory says`,
        expected: 'a local header and the contents before the directory',
      }),
    },
    'zip-entry-corrupt': {
      words: ({ entry }) => ({ what: `\`${entry}\` does not unfold to what the directory says` }),
    },
    'legacy-invalid': {
      words: ({ reason }) => ({ what: `the parts of the file are not what torch writes: ${reason}` }),
    },
    'tar-invalid': {
      words: ({ reason }) => ({ what: `the tar archive is not what torch writes: ${reason}` }),
    },
  },
});
