import type { Slip } from '../values/index.ts';
import { nameOf } from './support/components.ts';
import { blockPlace, counted } from './support/places.ts';
import { WIRING_EVIDENCE, wirings } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL016 = defineRule<{
  net: string;
  slip: Slip;
  at: readonly string[];
  places: number;
  margin: number;
  fit: number;
}>({
  id: 'VAL016',
  name: 'projections-mixed-up',
  title: 'Projections inside of attentions or feed-forward layers are mixed up',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `Queries, keys, values and outputs of an attention often have one shape, and square ones fit with rows and columns
exchanged; a gated feed-forward layer keeps gate and value in one tensor, in an order that only convention tells. A script
that takes one for the other gets no error, and usually does so in every layer.

The rows of queries and keys are multiplied with each other, what the values write is what the output layer reads, and so
is the value of a feed-forward layer: training shapes them by each other. Here they fit the other way.`,
  mend: 'Undo it in the script that made the file. docs/how-it-knows.md says how this is known and how sure it is.',
  sources: ['docs/how-it-knows.md, Inside of attentions'],
  *check(context) {
    for (const { component, wiring } of wirings(context)) {
      for (const { slip, block, at, places, margin, fit } of wiring.slips) {
        yield {
          args: { net: nameOf(component), slip, at, places, margin: -margin, fit },
          place: blockPlace(context.checkpoint, component, block),
        };
      }
    }
  },
  words: ({ net, slip, at, places, margin, fit }) => ({
    what: `${SLIPS[slip]} in ${at.length > 1 ? counted(at.length, 'place') : (at[0] ?? '?')} of ${net}`,
    found: `the other way they fit ${margin.toFixed(1)} standard deviations better, ${fit.toFixed(1)} beyond chance${
      places > 1 ? `, ${places} places together` : ''
    }`,
    expected: 'layers that fit each other as they are filed',
    evidence: WIRING_EVIDENCE,
  }),
});

const SLIPS: Readonly<Record<Slip, string>> = {
  'keys-values': 'keys and values are exchanged',
  'queries-values': 'queries and values are exchanged',
  'queries-transposed': 'queries are transposed',
  'keys-transposed': 'keys are transposed',
  'values-transposed': 'values are transposed',
  'output-transposed': 'outputs are transposed',
  'all-transposed': 'all square projections are transposed',
  outputs: 'outputs of attention to itself and to the text are exchanged',
  gate: 'the gate stands in front of what it gates',
};
