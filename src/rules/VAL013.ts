import { type CommonArgs, inMost, SAMPLE_EVIDENCE } from './support/numbers.ts';
import { figure } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL013 = defineRule<CommonArgs>({
  id: 'VAL013',
  name: 'weights-pruned',
  title: 'Many weights are exactly zero',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `Training leaves no weight at exactly zero; half precision makes zeros only of what is below 6e-8. Where a twentieth and more
of most matrices is zero, and what is left is as varied as it was, weights were taken out: pruned by their size, or
dropped by a merge. Unless the model was trained on afterwards it denoises worse: half of the weights taken out of small
nets multiplied their error by four.`,
  mend: 'Take the model as it was before weights were taken out. A model that was trained sparse says so where it comes from: then nothing is wrong.',
  sources: ['docs/how-it-knows.md, Numbers'],
  check: (context) => inMost(context, ({ pruned }) => pruned),
  words: ({ component, count, of, median }) => ({
    what: `weights of ${component} were set to zero`,
    found: `${count} of ${of} matrices hold exact zeros, ${figure(100 * median)} % of their numbers in the middle`,
    expected: 'hardly any exact zero',
    evidence: SAMPLE_EVIDENCE,
  }),
});
