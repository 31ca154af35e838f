import { defineRule } from './rule.ts';
import { globalPlace, picklesOf, recordName } from './support/pickles.ts';

export const SAFE004 = defineRule<{ readonly record: string; readonly reason: string }>({
  id: 'SAFE004',
  name: 'broken-pickle',
  title: 'The pickle is broken',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: 'The pickle cannot be run to its end. That may be damage; it is also how files are made that scanners give up on, because Python has already run whatever stands before the break when it finds it.',
  mend: 'Fetch the file again. If it comes out the same, do not load it.',
  sources: [
    'Python pickletools: the opcodes and their arguments',
    'cpython#154848: frames that unpicklers read differently',
  ],
  *check({ checkpoint }) {
    for (const report of picklesOf(checkpoint)) {
      const { broken } = report;
      if (broken === undefined || broken.kind === 'limit') continue;
      const args = { record: recordName(report), reason: broken.reason };
      yield { args, place: globalPlace(report, broken.offset) };
    }
  },
  words: ({ record, reason }) => ({
    what: `${record} cannot be read to its end: ${reason}`,
    found: reason,
    expected: 'a pickle that ends in STOP',
  }),
});
