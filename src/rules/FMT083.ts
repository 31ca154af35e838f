import { faultRule } from './support/fault-rule.ts';

export const FMT083 = faultRule({
  id: 'FMT083',
  name: 'unfinished-download',
  title: 'The download of the file has not ended',
  severity: 'error',
  evidence: 'config',
  since: '0.1.0',
  why: 'Some programs give a file its full size before its bytes have come. Its header then is sound and whole tensors are zeros, which no size tells: the net loads and draws noise. Such programs keep a file beside it, or another end of its name, until they are done.',
  mend: 'Let the download end, or start it again: `aria2c -c`, `huggingface-cli download` and browsers go on where they stopped.',
  sources: ['aria2 manual, control file (.aria2)', 'huggingface_hub: file_download.py, .incomplete'],
  cases: {
    'unfinished-download': {
      words: ({ program, beside }) => ({
        what: `${program} has not fetched the file whole`,
        found: beside === undefined ? 'an end of the name that says so' : `\`${beside}\` beside it`,
        expected: 'a download that has ended',
        evidence: 'the names of files',
      }),
    },
  },
});
