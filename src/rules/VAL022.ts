import { leastMargin } from '../values/index.ts';
import { nameOf } from './support/components.ts';
import { blockPlace } from './support/places.ts';
import { WIRING_EVIDENCE, wirings } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL022 = defineRule<{ net: string; block: string; margin: number }>({
  id: 'VAL022',
  name: 'halves-turned',
  title: 'A decoder block wants its skip in front of what comes from below',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `A decoder block reads two things side by side: what comes from below, then the skip. Where both are equally wide, the
order stands in no shape. Some implementations join them the other way round, and a converter has to turn them. The
weights of this block fit the turned order.`,
  mend: 'Exchange the two halves of the inputs of its first norm, its first convolution and its shortcut.',
  sources: [
    'latent-diffusion, openaimodel.py: `th.cat([h, hs.pop()], dim=1)`',
    'docs/how-it-knows.md, Wiring',
  ],
  *check(context) {
    for (const { component, wiring } of wirings(context)) {
      for (const exchange of wiring.exchanged) {
        const { candidate } = exchange;
        if (candidate.kind !== 'halves') continue;
        yield {
          args: { net: nameOf(component), block: candidate.a, margin: -leastMargin(exchange) },
          place: blockPlace(context.checkpoint, component, candidate.a),
        };
      }
    }
  },
  words: ({ net, block, margin }) => ({
    what: `${block} of ${net} has its skip in front of what comes from below`,
    found: `turned, its layers fit ${margin.toFixed(1)} standard deviations better`,
    expected: 'what comes from below first, then the skip',
    evidence: WIRING_EVIDENCE,
  }),
});
