import { faultRule } from './support/fault-rule.ts';

export const FMT026 = faultRule({
  id: 'FMT026',
  name: 'wrong-checksum',
  title: 'An entry of the archive does not have its checksum',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The bytes changed after the archive was written. torch is built without the check and loads them all the same; scanners that do check stop there, and may report the file as clean because they could not read it (CVE-2025-10156).',
  mend: 'Fetch the file again. If it comes out the same, do not load it: someone changed it by hand.',
  sources: ['CVE-2025-10156', 'torch build settings: MINIZ_DISABLE_ZIP_READER_CRC32_CHECKS'],
  cases: {
    'zip-crc-mismatch': {
      words: ({ entry, declared, actual }) => ({
        what: `\`${entry}\` does not have the checksum that the directory gives`,
        found: actual,
        expected: declared,
        evidence: 'the CRC-32 of its contents',
      }),
    },
  },
});
