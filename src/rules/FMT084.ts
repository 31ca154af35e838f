import { bytes, faultRule } from './support/fault-rule.ts';

export const FMT084 = faultRule({
  id: 'FMT084',
  name: 'nothing-in-file',
  title: 'The file holds nothing',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'A disk that was full, a download that made the file and never filled it, or a drive that failed. A file of zeros has its full size, so that it looks complete in every list.',
  mend: 'Get the file again, after making sure that there is room on the disk.',
  sources: ['POSIX: posix_fallocate, ftruncate'],
  cases: {
    'empty-file': {
      words: () => ({ what: 'the file is empty', found: '0 bytes', expected: 'a model' }),
    },
    'zero-filled': {
      words: ({ actual, looked }) => ({
        what:
          looked === actual ? 'the file is zeros all through' : 'the file is zeros wherever it was looked at',
        found: `${bytes(actual)}, of which ${bytes(looked)} were looked at`,
        expected: 'a model',
        evidence: 'its bytes, at 16 places from the first to the last',
      }),
    },
  },
});
