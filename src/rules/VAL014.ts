import { type CommonArgs, inMost, SAMPLE_EVIDENCE } from './support/numbers.ts';
import { figure } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL014 = defineRule<CommonArgs>({
  id: 'VAL014',
  name: 'few-values',
  title: 'Weights are rounded to a few values',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `A matrix in 16 or 32 bits holds thousands of different numbers. Here most hold no more than forty, in even steps: they
were rounded to five bits and fewer with one scale for a whole matrix, and written as floats again. Formats of few bits
that work have a scale for every row or block; plain fp8 has steps that grow with the number. Both are told apart and
not meant.`,
  mend: 'Take the model as it was before it was quantised, or a quantised file whose format keeps a scale for each block.',
  sources: ['docs/how-it-knows.md, Numbers'],
  check: (context) => inMost(context, ({ few }) => few),
  words: ({ component, count, of, median }) => ({
    what: `${component} holds only a few different numbers`,
    found: `${count} of ${of} matrices have no more than forty values, ${figure(median)} in the middle`,
    expected: 'hundreds and thousands of different numbers in a matrix of 16 or 32 bits',
    evidence: SAMPLE_EVIDENCE,
  }),
});
