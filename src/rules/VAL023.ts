import { type MisfitArgs, misfits, misfitText, WIRING_EVIDENCE } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL023 = defineRule<MisfitArgs>({
  id: 'VAL023',
  name: 'channels-permuted',
  title: 'The layers of a block do not fit each other',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `The second convolution of a block reads, channel by channel, what the first one writes. Exchange channels in one of them and
not in the other, transpose a matrix, tie one to the wrong place, and every shape still fits.

These two do not go together beyond chance, where all others of their kind in this net do. A sound net has such a block
now and then (one of 28 in small nets): look at what a run says before you throw it away.`,
  mend: 'Take the block from the file that this one was made of.',
  sources: [
    'Arora, Cohen and Hazan 2018, On the Optimization of Deep Networks',
    'docs/how-it-knows.md, Wiring',
  ],
  check: (context) => misfits(context, 'inside'),
  words: (args) => ({
    what: `the layers of ${args.block} in ${args.net} do not fit each other`,
    found: misfitText(args),
    expected: 'layers that fit each other, as in the other blocks of this net',
    evidence: WIRING_EVIDENCE,
  }),
});
