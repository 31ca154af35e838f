import { leastMargin } from '../values/index.ts';
import { nameOf } from './support/components.ts';
import { blockPlace } from './support/places.ts';
import { WIRING_EVIDENCE, wirings } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL021 = defineRule<{ net: string; a: string; b: string; margin: number }>({
  id: 'VAL021',
  name: 'skips-exchanged',
  title: 'Two decoder blocks were trained on each other’s skip',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `The decoder takes the skips in the reverse order of the encoder. Where two of them are equally wide, a program or a script
with the order wrong runs all the same, and fine structure comes to the wrong place.

By their weights each of these two blocks reads what the other's skip brings.`,
  mend: 'Look which of the two was renamed: exchange the decoder blocks, or the inputs of their first layers that read the skip.',
  sources: ['latent-diffusion, openaimodel.py: `hs.pop()`', 'docs/how-it-knows.md, Wiring'],
  *check(context) {
    for (const { component, wiring } of wirings(context)) {
      for (const exchange of wiring.exchanged) {
        const { candidate } = exchange;
        if (candidate.kind !== 'skips') continue;
        const { a, b } = candidate;
        yield {
          args: { net: nameOf(component), a, b, margin: -leastMargin(exchange) },
          place: blockPlace(context.checkpoint, component, a),
          related: [blockPlace(context.checkpoint, component, b)],
        };
      }
    }
  },
  words: ({ net, a, b, margin }) => ({
    what: `${a} and ${b} of ${net} want each other's skip`,
    found: `exchanged, the layers around fit ${margin.toFixed(1)} standard deviations better`,
    expected: 'a block whose weights fit its own skip',
    evidence: WIRING_EVIDENCE,
  }),
});
