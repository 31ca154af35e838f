import { defineRule } from './rule.ts';
import { against, type ProbeArgs } from './support/run.ts';

/** The last layer was fitted to something else than it is given. */
export const RUN007 = defineRule<ProbeArgs>({
  id: 'RUN007',
  name: 'last-layer-unfit',
  title: 'The last layer was fitted to something else than it is given',
  severity: 'warning',
  evidence: 'run',
  since: '0.1.0',
  why: `The last convolution of a net is linear, and training leaves it where no other would miss less of what it is asked for: what is missed goes with nothing that it reads. Where a new fit would clearly miss less, the layers before it no longer give it what it was fitted to. Noise on the weights, pages lost, a LoRA applied far too strongly, wrong padding and a part of another net do that, and nothing in a header or a shape shows it. By that share at least the loss is higher than it need be.

It is measured on pictures that the net draws itself. A net of little training shows some of it too.`,
  mend: 'Look at the other findings first: where one names a block or a setting, that is it. Else compare with the file that this one was made from (`ungarble validate --values` tells what was done to the numbers), and undo the last conversion, merge or pruning.',
  sources: ['docs/how-it-knows.md'],
  check: (context) => against(context, 'refit'),
  words: ({ said }) => ({ what: 'the last layer was fitted to something else', found: said }),
});
