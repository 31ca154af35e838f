import { nameOf, placeOf } from './support/components.ts';
import { netReadings } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL027 = defineRule<{ net: string; order: string; contrast: number; other: number }>({
  id: 'VAL027',
  name: 'fused-order',
  title: 'Fused queries, keys and values stand in the newer order',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `One matrix holds the queries, keys and values of an attention. Older code has them head by head, newer code all queries
first; guided-diffusion has both, by a switch (\`use_new_attention_order\`), and no shape tells. latent-diffusion and every
program that reads its files take the older one. With the wrong order keys meet values, and attentions return noise.

The rows of this net fit the newer order.`,
  mend: 'Load it with `use_new_attention_order`, or bring its rows into the older order, head by head.',
  sources: [
    'guided-diffusion unet.py: QKVAttention and QKVAttentionLegacy',
    'docs/how-it-knows.md, Order of fused projections',
  ],
  *check(context) {
    for (const { component, fused } of netReadings(context)) {
      if (fused?.verdict !== 'told' || fused.order === 'by head') continue;
      yield {
        args: {
          net: nameOf(component),
          order: fused.order,
          contrast: fused.contrast,
          other: fused.otherOrder,
        },
        place: placeOf(context, component),
      };
    }
  },
  words: ({ net, contrast, other }) => ({
    what: `fused projections of ${net} hold all queries first, then all keys`,
    found: `a contrast of ${contrast.toFixed(1)} standard errors, against ${other.toFixed(1)} head by head`,
    expected: 'queries, keys and values head by head, as programs assume',
    evidence: 'read off the weights: queries and keys share structure only inside a head',
  }),
});
