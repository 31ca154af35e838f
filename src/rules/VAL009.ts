import { byFlatName } from '../components/tensors.ts';
import { nameOf, ofKind } from './support/components.ts';
import { placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

export const VAL009 = defineRule<{ net: string; averaged: string; tensors: number }>({
  id: 'VAL009',
  name: 'averaged-weights-equal',
  title: 'The averaged weights are the live ones once more',
  severity: 'note',
  evidence: 'values',
  since: '0.1.0',
  why: `A training keeps a second set of weights, the average of the last thousands of steps, and pictures made with it are
better. Here the two sets are the same, number for number: the file was pruned and filled up again, or its averages were
never updated. Nothing is garbled, and half of the net's bytes are for nothing.`,
  mend: 'Prune one of the two sets.',
  sources: ['diffusers issues 1818 and 3623', 'latent-diffusion, ldm/modules/ema.py'],
  *check(context) {
    const { values } = context;
    if (values === undefined) return;
    for (const averaged of ofKind(context, 'ema')) {
      for (const live of ofKind(context, 'unet')) {
        const names = byFlatName(averaged);
        const pairs = [...byFlatName(live)].flatMap(([name, { tensor }]) => {
          const other = names.get(name)?.tensor;
          const [a, b] = [
            values.scans.get(tensor),
            other === undefined ? undefined : values.scans.get(other),
          ];
          return a === undefined || b === undefined ? [] : [a.hash === b.hash];
        });
        if (pairs.length === 0 || pairs.includes(false)) continue;
        yield {
          args: { net: nameOf(live), averaged: nameOf(averaged), tensors: pairs.length },
          place: placeOf(context, averaged),
        };
      }
    }
  },
  words: ({ net, averaged, tensors }) => ({
    what: `${averaged} is ${net} once more`,
    found: `${tensors} tensors, the same in both`,
    expected: 'averages that differ a little from the live weights',
  }),
});
