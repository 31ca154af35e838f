import { nameOf } from './support/components.ts';
import { group } from './support/fault-rule.ts';
import { elementPlace, scanned } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL001 = defineRule<{
  component: string;
  tensor: string;
  nan: number;
  infinite: number;
  elements: number;
  first: number | null;
}>({
  id: 'VAL001',
  name: 'not-a-number',
  title: 'A tensor holds NaN or infinity',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `One NaN in a weight makes every output of its layer NaN, and the next layers carry it through the whole picture: it
comes out black, or the same single colour, and no program says why. Infinity becomes NaN one layer later.

Such numbers come from a training that diverged, from a merge or a conversion to float16 of numbers that do not fit, or
from bytes that were damaged on the way.`,
  mend: `Take the tensor from the file that this one was made of, or fetch the file again and compare its hash. Where it was
made in float16, make it in bfloat16 or float32.`,
  sources: ['Make-Your-Anchor issue 9', 'imaginAIry issue 432', 'AUTOMATIC1111 issue 12019'],
  *check(context) {
    for (const each of scanned(context)) {
      const { component, tensor, scan } = each;
      const { nan, infinite, elements } = scan.tally;
      if (nan + infinite === 0) continue;
      const first = scan.firstNotFinite;
      yield {
        args: {
          component: nameOf(component),
          tensor: tensor.name,
          nan,
          infinite,
          elements,
          first: first?.index ?? null,
        },
        place: elementPlace(context, each, first),
      };
    }
  },
  words: ({ component, tensor, nan, infinite, elements, first }) => ({
    what: `${tensor} of ${component} holds ${nan > 0 ? 'what is not a number' : 'infinity'}`,
    found: `${group(nan)} NaN and ${group(infinite)} infinite of ${group(elements)} numbers${
      first === null ? '' : `, the first at index ${group(first)}`
    }`,
    expected: 'finite numbers only',
  }),
});
