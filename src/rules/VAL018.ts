import { nameOf } from './support/components.ts';
import { blockPlace } from './support/places.ts';
import { WIRING_EVIDENCE, wirings } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL018 = defineRule<{ net: string; layer: string; z: number }>({
  id: 'VAL018',
  name: 'kernels-turned',
  title: 'A convolution has the rows and columns of its kernels exchanged',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `Kernels are square, so one that is written column by column and read row by row fits every shape. It happens where a
converter takes a layer out of a framework with another order of axes. What a channel carries along the picture is written and
read along the picture: training gives the kernels on both sides of it the same direction. Those of this layer have the other
one.`,
  mend: 'Exchange the last two axes of the weight, or convert the model again with a script that knows the order of axes.',
  sources: ['docs/how-it-knows.md, The direction of kernels'],
  *check(context) {
    for (const { component, wiring } of wirings(context)) {
      for (const { block, layer, z } of wiring.turned) {
        yield {
          args: { net: nameOf(component), layer, z },
          place: blockPlace(context.checkpoint, component, block),
        };
      }
    }
  },
  words: ({ net, layer, z }) => ({
    what: `${layer} of ${net} has kernels that lie across those around it`,
    found: `with rows and columns exchanged they fit, ${Math.abs(z).toFixed(1)} standard deviations beyond chance`,
    expected: 'kernels of the same direction on both sides of a channel',
    evidence: WIRING_EVIDENCE,
  }),
});
