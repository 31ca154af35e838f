import { misread, type ReadArgs, takers } from './support/readings.ts';
import { defineRule } from './rule.ts';

/** Programs split attention into other heads. */
export const READ007 = defineRule<ReadArgs>({
  id: 'READ007',
  name: 'read-with-other-heads',
  title: 'Programs split attention into other heads',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `How many heads an attention has stands in no shape. Programs give each family a rule: 8 heads, or heads 64 wide. Where the config of the model, or its weights, say otherwise, queries and keys are compared across the wrong channels, and pictures are garbled though everything loads.`,
  mend: 'Run the model as a folder in diffusers, where `attention_head_dim` is read from the config.',
  sources: [
    'docs/runtimes.md: what each program looks at, with the version and the function',
    'diffusers issues 2011 and 2277',
  ],
  *check(context) {
    yield* misread(context, 'attention_heads');
  },
  words: ({ net, programs, takes, as, not, is, known }) => ({
    what: `${takers(programs)} ${net} for one whose attention has other heads: ${as}, not ${not}`,
    found: takes.join('; '),
    expected: `${is} (${known})`,
  }),
});
