import { leastMargin } from '../values/index.ts';
import { nameOf } from './support/components.ts';
import { blockPlace } from './support/places.ts';
import { WIRING_EVIDENCE, wirings } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL020 = defineRule<{ net: string; a: string; b: string; margin: number; fit: number }>({
  id: 'VAL020',
  name: 'blocks-exchanged',
  title: 'Two blocks of one shape stand in each other’s place',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `A resnet or a transformer often has the same shapes as another one of its net, so that a script that renames tensors can
put one in the other's place and nothing complains. The picture is garbled more or less, by how far the two are from each
other.

Layers that feed each other are shaped by each other in training: the ways in which the channels that one writes go
together show again in the layer that reads them. The weights of these two fit what is around the other's place, not
their own.`,
  mend: `Exchange the tensors of the two blocks, and look at the script that renamed them. docs/how-it-knows.md says how this is
known and how sure it is.`,
  sources: [
    'Arora, Cohen and Hazan 2018, On the Optimization of Deep Networks',
    'docs/how-it-knows.md, Wiring',
  ],
  *check(context) {
    for (const { component, wiring } of wirings(context)) {
      for (const exchange of wiring.exchanged) {
        const { candidate, fit } = exchange;
        if (candidate.kind !== 'blocks') continue;
        const { a, b } = candidate;
        yield {
          args: { net: nameOf(component), a, b, margin: -leastMargin(exchange), fit },
          place: blockPlace(context.checkpoint, component, a),
          related: [blockPlace(context.checkpoint, component, b)],
        };
      }
    }
  },
  words: ({ net, a, b, margin, fit }) => ({
    what: `${a} and ${b} of ${net} stand in each other's place`,
    found: `exchanged, the layers around fit ${margin.toFixed(1)} standard deviations better, ${fit.toFixed(1)} beyond chance`,
    expected: 'a block that fits where it is',
    evidence: WIRING_EVIDENCE,
  }),
});
