import { defineRule } from './rule.ts';
import { against, type ProbeArgs } from './support/run.ts';

/** A short run ends in noise. */
export const RUN006 = defineRule<ProbeArgs>({
  id: 'RUN006',
  name: 'no-picture',
  title: 'A short run ends in noise',
  severity: 'error',
  evidence: 'run',
  since: '0.1.0',
  why: `A few steps of a sound net with the settings that it is run with end in something smooth, whatever it shows. Noise left at the end, values that grow from step to step or saturate, are what a user would see as a garbled picture.`,
  mend: 'Look at the other findings first: they say which setting or which block is to blame. `ungarble smoke --out picture.png` shows the picture of a full run.',
  sources: ['docs/how-it-knows.md'],
  check: (context) => against(context, 'denoise'),
  words: ({ said }) => ({ what: 'a short run does not end in a picture', found: said }),
});
