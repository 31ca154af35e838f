import { defineRule } from './rule.ts';
import { against, type ProbeArgs } from './support/run.ts';

/** Parts of the net are in each other's place, or do not fit the layers around them. */
export const RUN011 = defineRule<ProbeArgs>({
  id: 'RUN011',
  name: 'wired-wrongly',
  title:
    'The net fits or denoises better with parts of it exchanged, or a block does not fit what it is given',
  severity: 'error',
  evidence: 'run',
  since: '0.1.0',
  why: `Blocks of one shape, skips of one width and the two inputs of a joined layer can be put in each other's place, and every loader takes the file: a converter that counts blocks wrongly does it, or a merge by names that two programs understand differently. Most of that is told by the weights without a run (VAL020 to VAL022). What they leave open is looked at in a run, both ways: the weights of a layer grow by what it reads, so it fits what it is given where it belongs. A block that is at chance where nearly all others of its kind are far from it was trained on something else: it is of another net, or its channels are in another order. What that does not tell either is decided by pictures that both ways draw: the one that denoises better was trained.`,
  mend: 'Exchange what the finding names, or take the block that it names from its source again; mend the script that made the file.',
  sources: [
    'docs/how-it-knows.md, What layers are given',
    'docs/how-it-knows.md, Each way against the other',
  ],
  // with --values rules of their own tell what the weights say
  check: (context) =>
    context.values === undefined
      ? against(context, 'inputs', 'exchange', 'wiring')
      : against(context, 'inputs', 'exchange'),
  words: ({ said, finding }) => ({
    what:
      finding === 'exchanged'
        ? "parts of the net are in each other's place"
        : 'parts of the net do not fit the layers around them',
    found: said,
  }),
});
