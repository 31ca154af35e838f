import { misread, type ReadArgs, takers } from './support/readings.ts';
import { defineRule } from './rule.ts';

/** Programs read another layer of the text encoder. */
export const READ006 = defineRule<ReadArgs>({
  id: 'READ006',
  name: 'read-at-another-text-layer',
  title: 'Programs read another layer of the text encoder',
  severity: 'note',
  evidence: 'header',
  since: '0.1.0',
  why: `A net is trained on the output of one layer of CLIP. Programs read the layer that is usual for the family. With another one prompts weigh less, and pictures differ from those that the model’s page shows. Metadata tells of the last training alone: of a merge it may be only part of the truth.`,
  mend: 'Set the clip skip of the program to the layer that the metadata names.',
  sources: [
    'docs/runtimes.md: what each program looks at, with the version and the function',
    'OneTrainer issue 915; ComfyUI PR 1706',
  ],
  *check(context) {
    yield* misread(context, 'clip_skip');
  },
  words: ({ net, programs, takes, as, not, is, known }) => ({
    what: `${takers(programs)} ${net} for one that reads text at clip skip ${as}, not ${not}`,
    found: takes.join('; '),
    expected: `${is} (${known})`,
  }),
});
