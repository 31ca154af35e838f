import { type MisfitArgs, misfits, misfitText, WIRING_EVIDENCE } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL024 = defineRule<MisfitArgs>({
  id: 'VAL024',
  name: 'foreign-block',
  title: 'A block does not fit the net around it',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `Every block of a net is trained together with what it reads and what reads it. A block out of another training, or one whose
channels are in another order than the net's, has the right shapes and says nothing that the rest understands.

The layers at the edge of this block do not go together beyond chance with what they are wired to, where all others of
their kind in this net do.`,
  mend: 'Take the block from the file that this one was made of. A merge can blend nets of one ancestor only.',
  sources: [
    'Arora, Cohen and Hazan 2018, On the Optimization of Deep Networks',
    'docs/how-it-knows.md, Wiring',
  ],
  check: (context) => misfits(context, 'outside'),
  words: (args) => ({
    what: `${args.block} of ${args.net} does not fit the net around it`,
    found: misfitText(args),
    expected: 'a block that fits what it reads and what reads it',
    evidence: WIRING_EVIDENCE,
  }),
});
