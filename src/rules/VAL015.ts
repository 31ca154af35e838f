import { type CommonArgs, inMost, SAMPLE_EVIDENCE } from './support/numbers.ts';
import { figure } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL015 = defineRule<CommonArgs>({
  id: 'VAL015',
  name: 'weights-clipped',
  title: 'Weights are cut off at a largest magnitude',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `The largest number of a trained matrix stands alone. Here one in a thousand and more share the largest magnitude, in most
matrices, and more than lie just below it: everything beyond was cut off. The weights that matter most are the ones that
were changed.`,
  mend: 'Take the model as it was before its weights were clipped.',
  sources: ['docs/how-it-knows.md, Numbers'],
  check: (context) => inMost(context, ({ clipped }) => clipped),
  words: ({ component, count, of, median }) => ({
    what: `weights of ${component} are cut off`,
    found: `in ${count} of ${of} matrices many numbers have the largest magnitude, ${figure(100 * median)} % in the middle`,
    expected: 'one or two numbers at the largest magnitude',
    evidence: SAMPLE_EVIDENCE,
  }),
});
