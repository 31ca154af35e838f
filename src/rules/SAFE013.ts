import { defineRule } from './rule.ts';

export const SAFE013 = defineRule<{
  readonly record: string;
  readonly declared: string;
  readonly actual: string;
}>({
  id: 'SAFE013',
  name: 'damaged-weights',
  title: 'Weights do not have the checksum that was written with them',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: 'torch.save writes a checksum with the bytes of every tensor, and torch.load does not look at it: weights that a bad disk or download changed, or that somebody changed by hand, load as if nothing were. Every other check may still pass, for changed numbers are numbers too.',
  mend: 'Fetch the file again and compare its hash with the one on its page. If it comes out the same, whoever published it changed it without torch.',
  sources: ['PKWARE APPNOTE 6.3.10, 4.4.7', 'torch build settings: MINIZ_DISABLE_ZIP_READER_CRC32_CHECKS'],
  *check({ checkpoint, values }) {
    const digits = (sum: number) => sum.toString(16).padStart(8, '0');
    for (const { file, record, offset, length, crc, actual } of values?.damaged ?? []) {
      const path = checkpoint.files[file]?.path ?? checkpoint.path;
      const args = { record, declared: digits(crc), actual: digits(actual) };
      yield { args, place: { file: path, bytes: { offset, length } } };
    }
  },
  words: ({ record, declared, actual }) => ({
    what: `\`${record}\` does not have the checksum that the archive gives`,
    found: actual,
    expected: declared,
    evidence: 'the CRC-32 of its bytes',
  }),
});
