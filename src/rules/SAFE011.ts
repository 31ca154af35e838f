import type { PickleOddity } from '../formats/pytorch/pickle-log.ts';
import { defineRule } from './rule.ts';
import { globalPlace, picklesOf, recordName } from './support/pickles.ts';

const ODDITIES: Readonly<Record<PickleOddity['kind'], string>> = {
  'asks-for-memory': 'makes something as large as a number in it says',
  'left-over': 'makes values and does not use them',
  'memo-changed': 'puts another value in the place of one that it remembered',
  'key-called': 'makes an object of a class that trainers use as a key alone',
  'odd-reference': 'refers to something outside of it that is no storage',
  'odd-target': 'fills something that takes nothing',
  'odd-protocol': 'begins a protocol in its middle',
  compressed: 'is compressed',
};

export const SAFE011 = defineRule<{ readonly record: string; readonly oddity: PickleOddity['kind'] }>({
  id: 'SAFE011',
  name: 'unusual-pickle',
  title: 'The pickle does what torch.save does not write',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: 'Nothing in the pickle reaches code, and some of it is not what torch.save writes: another program wrote it, or somebody by hand. Loading it may take far more memory than the file is large, and scanners that are less exact than Python are misled by such things.',
  mend: 'Ask whoever made the file what wrote it. Save the weights as safetensors, which cannot hold any of this.',
  sources: [
    'torch serialization.py: what torch.save writes',
    'CPython Lib/pickle.py: _Pickler',
    'trailofbits/fickling: checks for values that nothing uses',
  ],
  *check({ checkpoint }) {
    for (const report of picklesOf(checkpoint)) {
      for (const { kind, offset } of report.oddities) {
        const args = { record: recordName(report), oddity: kind };
        yield { args, place: globalPlace(report, offset) };
      }
    }
  },
  words: ({ record, oddity }) => ({
    what: `${record} ${ODDITIES[oddity]}`,
    found: oddity,
    expected: 'what torch.save writes',
  }),
});
