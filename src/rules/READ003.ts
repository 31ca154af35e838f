import { misread, type ReadArgs, takers } from './support/readings.ts';
import { defineRule } from './rule.ts';

/** Programs run the net on another noise schedule. */
export const READ003 = defineRule<ReadArgs>({
  id: 'READ003',
  name: 'read-with-another-schedule',
  title: 'Programs run the net on another noise schedule',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `Programs take the schedule of the family that they took a file for and read none from it, but for those that load a table of the file over their own. On a schedule that the net was not trained on every step removes the wrong amount of noise: wrong contrast, a noisy ground.`,
  mend: 'Run the model with its scheduler config in diffusers, or give the program its betas.',
  sources: [
    'docs/runtimes.md: what each program looks at, with the version and the function',
    'ComfyUI issue 1998',
  ],
  *check(context) {
    yield* misread(context, 'schedule');
  },
  words: ({ net, programs, takes, as, not, is, known }) => ({
    what: `${takers(programs)} ${net} for one trained on ${as}, not ${not}`,
    found: takes.join('; '),
    expected: `${is} (${known})`,
  }),
});
