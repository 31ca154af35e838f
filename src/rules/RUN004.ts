import { defineRule } from './rule.ts';
import { against, type ProbeArgs } from './support/run.ts';

/** The net does not look at the timestep. */
export const RUN004 = defineRule<ProbeArgs>({
  id: 'RUN004',
  name: 'time-ignored',
  title: 'The net does not look at the timestep',
  severity: 'error',
  evidence: 'run',
  since: '0.1.0',
  why: `The timestep tells the net how much noise there is. A net whose time embedding was lost in a conversion, or is read in another order, removes the same amount at each step: too much at the end, too little at the start.`,
  mend: 'Compare the time embedding (`time_embedding`, `time_embed`) with that of the model that the file was made from.',
  sources: ['docs/how-it-knows.md'],
  check: (context) => against(context, 'time'),
  words: ({ said }) => ({ what: 'the net does not answer to the timestep as it should', found: said }),
});
