import { nameOf } from './support/components.ts';
import { tensorPlace } from './support/places.ts';
import { figure, isAllZero, scanned } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL003 = defineRule<{ component: string; tensor: string; value: number; elements: number }>({
  id: 'VAL003',
  name: 'constant-tensor',
  title: 'All numbers of a tensor are the same',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `Training moves each number of a weight on its own. A matrix of one number gives all its outputs the same value; a norm
whose gains are all exactly 1 is as it was made, before any training: a converter that did not find the tensor, and let
the program's own start stand, leaves both.`,
  mend: 'Take the tensor from the file that this one was made of, and look why the converter left it out.',
  sources: ['PyTorch, torch.nn.GroupNorm and LayerNorm: weights start at 1', 'diffusers issue 1619'],
  *check(context) {
    for (const { component, tensor, scan, placed } of scanned(context)) {
      const { elements, min, max } = scan.tally;
      const weights = placed?.role === 'gain' || placed?.role === 'matrix' || placed?.role === 'zero-start';
      if (!weights || elements < 8 || min !== max || isAllZero(scan)) continue;
      yield {
        args: { component: nameOf(component), tensor: tensor.name, value: min, elements },
        place: tensorPlace(context.checkpoint, component, tensor),
      };
    }
  },
  words: ({ component, tensor, value, elements }) => ({
    what: `all ${elements} numbers of ${tensor} in ${component} are ${figure(value)}`,
    expected: value === 1 ? 'gains that training has moved away from 1' : 'numbers that differ',
  }),
});
