import { nameOf } from './support/components.ts';
import { tensorPlace } from './support/places.ts';
import { figure, largest, scanned } from './support/values.ts';
import { defineRule } from './rule.ts';

/** From here on float16 rounds to infinity: half way between its largest number, 65504, and the next there would be. */
const BEYOND_HALF = 65_520;

export const VAL004 = defineRule<{ component: string; tensor: string; dtype: string; largest: number }>({
  id: 'VAL004',
  name: 'overflows-half',
  title: 'A weight does not fit into float16',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `Most programs run a U-Net in half precision, whatever the file holds. float16 ends at 65504: what is larger becomes
infinity when the file is loaded, and the picture black. bfloat16 and float32 hold it.

Sound weights of these nets stay below 1000, so that the number may also be a damaged one.`,
  mend: 'Run it in bfloat16 or float32, or take the tensor from the file that this one was made of.',
  sources: ['IEEE 754 binary16', 'AUTOMATIC1111 issue 12019', 'InvokeAI issue 4454'],
  *check(context) {
    for (const { component, tensor, scan } of scanned(context)) {
      if (!(largest(scan) >= BEYOND_HALF)) continue;
      // whole numbers are no weights, and 16 bits hold none so large
      if (tensor.dtype.startsWith('I') || tensor.dtype.startsWith('U')) continue;
      yield {
        args: {
          component: nameOf(component),
          tensor: tensor.name,
          dtype: tensor.dtype,
          largest: largest(scan),
        },
        place: tensorPlace(context.checkpoint, component, tensor),
      };
    }
  },
  words: ({ component, tensor, dtype, largest: found }) => ({
    what: `${tensor} of ${component} becomes infinity in float16`,
    found: `${figure(found)} in ${dtype}`,
    expected: 'at most 65504, where the net is to be run in float16',
  }),
});
