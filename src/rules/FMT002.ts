import { bytes, faultRule } from './support/fault-rule.ts';

export const FMT002 = faultRule({
  id: 'FMT002',
  name: 'placeholder-file',
  title: 'A placeholder stands where the file should be',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The file was never downloaded. Git without LFS leaves a pointer of three lines in its place; a browser or a script that was not logged in saves the web page that told it so. Loaders then complain about a corrupt header.',
  mend: 'Fetch the real file: `git lfs pull` in the repository, or download it again while logged in and with its licence accepted.',
  sources: ['Git LFS specification, pointer files'],
  cases: {
    'lfs-pointer': {
      words: ({ size, oid }) => ({
        what: 'the file is a Git LFS pointer, not the file itself',
        expected: [
          size === undefined ? 'the file that it points to' : `a file of ${bytes(size)}`,
          ...(oid === undefined ? [] : [`SHA-256 ${oid}`]),
        ].join(', '),
        fix: 'Run `git lfs pull` in the folder, or download the file itself.',
      }),
    },
    'html-page': {
      words: ({ title }) => ({
        what: 'the file is a saved web page',
        found: title === undefined ? 'HTML' : `a page called “${title}”`,
        expected: 'a model',
        fix: 'Download it again while logged in, with the licence of the model accepted where it asks for that.',
      }),
    },
    'error-reply': {
      words: ({ reply }) => ({
        what: 'the file is what a server said instead of giving the file out',
        found: reply,
        expected: 'a model',
        fix: 'Check the address and your login, and download it again.',
      }),
    },
  },
});
