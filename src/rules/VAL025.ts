import { blocksOf } from '../topology/net.ts';
import { nameOf } from './support/components.ts';
import { placeOf } from './support/components.ts';
import { netReadings } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL025 = defineRule<{
  net: string;
  width: number;
  heads: number;
  assumed: number;
  known: string;
  from: string;
  contrast: number;
}>({
  id: 'VAL025',
  name: 'heads-contradicted',
  title: 'The weights have another head count than is assumed',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `How many heads an attention has stands in no shape: a config says it, or every program assumes the same. With the wrong
count each head mixes channels that were trained in different ones, and the picture is garbled though everything loads.
diffusers' \`attention_head_dim\` means the number of heads in some nets and their width in others.

Queries and keys share structure only inside a head, so that the weights tell the count.`,
  mend: 'Set the head count (diffusers: `attention_head_dim`) to what the weights have.',
  sources: ['diffusers issues 2011 and 2277, PR 3797', 'docs/how-it-knows.md, Head count'],
  *check(context) {
    for (const { component, heads } of netReadings(context)) {
      for (const reading of heads) {
        if (reading.verdict !== 'told' || component.net === undefined) continue;
        const block = blocksOf(component.net).find(({ id }) => reading.blocks.includes(id));
        const assumed = block?.attention?.heads;
        if (assumed === undefined || assumed.value === reading.heads) continue;
        yield {
          args: {
            net: nameOf(component),
            width: reading.width,
            heads: reading.heads,
            assumed: assumed.value,
            known: assumed.known,
            from: assumed.from,
            contrast: reading.contrast,
          },
          place: placeOf(context, component),
        };
      }
    }
  },
  words: ({ net, width, heads, assumed, known, from, contrast }) => ({
    what: `attentions ${width} wide in ${net} have ${heads} heads, not ${assumed}`,
    found: `${heads} heads, by a contrast of ${contrast.toFixed(1)} standard errors`,
    expected: `${assumed} heads (${known}: ${from})`,
    evidence: 'read off the weights: queries and keys share structure only inside a head',
  }),
});
