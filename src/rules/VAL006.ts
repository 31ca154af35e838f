import { nameOf } from './support/components.ts';
import { elementPlace, figure, largest, scanned } from './support/values.ts';
import { defineRule } from './rule.ts';

/** So many times larger than all others, and no training has left it there. */
const CERTAIN = 2 ** 10;

export const VAL006 = defineRule<{
  component: string;
  tensor: string;
  count: number;
  largest: number;
  others: number;
  index: number;
}>({
  id: 'VAL006',
  name: 'lone-huge-value',
  title: 'A few numbers of a tensor are far larger than all others',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `One flipped bit in the exponent of a number multiplies it by 2¹⁶ (float16), by 2¹²⁸ (bfloat16, float32), or by a
smaller power of two. Weights thin out towards their largest; an empty stretch of six powers of two and a few numbers
beyond it is no end of a distribution. One such number drowns its channel, and often the picture.

A factor of 1024 and more is an error; below, a training may have left it.`,
  mend: 'Fetch the file again and compare its hash; where the file was made on this machine, look at its memory and disk.',
  sources: ['diffusers issue 11989', 'IEEE 754'],
  *check(context) {
    for (const each of scanned(context)) {
      const { component, tensor, scan } = each;
      if (scan.outliers === undefined || each.placed?.role === 'positions') continue;
      const { count, from, others, first } = scan.outliers;
      yield {
        args: {
          component: nameOf(component),
          tensor: tensor.name,
          count,
          largest: largest(scan),
          others,
          index: first.index,
        },
        place: elementPlace(context, each, first),
        ...(from / others >= CERTAIN ? { severity: 'error' as const } : {}),
      };
    }
  },
  words: ({ component, tensor, count, largest: found, others, index }) => ({
    what: `${count === 1 ? 'one number' : `${count} numbers`} of ${tensor} in ${component} ${count === 1 ? 'stands' : 'stand'} far off`,
    found: `${figure(found)} at most, the first at index ${index}`,
    expected: `magnitudes below ${figure(others)}, as all others`,
  }),
});
