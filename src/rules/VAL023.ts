import { nameOf } from './support/components.ts';
import { blockPlace } from './support/places.ts';
import { netReadings } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL023 = defineRule<{
  net: string;
  block: string;
  layer: string;
  z: number;
  like: string | null;
}>({
  id: 'VAL023',
  name: 'channels-permuted',
  title: 'The layers of a block do not fit each other',
  severity: 'warning',
  evidence: 'values',
  since: '0.1.0',
  why: `The second convolution of a block reads, channel by channel, what the first one writes. Exchange channels in one of them and
not in the other, transpose a matrix, tie one to the wrong place, and every shape still fits.

These two do not go together beyond chance, where all others of their kind in this net do. A sound net has such a block
now and then (one of 28 in small nets): look at what a run says before you throw it away.`,
  mend: 'Take the block from the file that this one was made of.',
  sources: [
    'Arora, Cohen and Hazan 2018, On the Optimization of Deep Networks',
    'docs/how-it-knows.md, Wiring',
  ],
  *check(context) {
    for (const { component, wiring, unjudged } of netReadings(context)) {
      if (wiring === undefined || unjudged !== undefined) continue;
      // a block in another's place does not fit there either: that is told with both names
      const moved = new Set(
        wiring.exchanged.flatMap(({ candidate }) =>
          'b' in candidate ? [candidate.a, candidate.b] : [candidate.a],
        ),
      );
      for (const { block, where, ports } of wiring.blocks) {
        if (where !== 'inside' || moved.has(block)) continue;
        const worst = ports.find(({ verdict }) => verdict === 'inconsistent');
        if (worst === undefined) continue;
        const { port, z = 0, readsLike } = worst;
        yield {
          args: { net: nameOf(component), block, layer: port.layer, z, like: readsLike ?? null },
          place: blockPlace(context.checkpoint, component, block),
        };
      }
    }
  },
  words: ({ net, block, layer, z, like }) => ({
    what: `the layers of ${block} in ${net} do not fit each other`,
    found: `${layer} fits by ${z.toFixed(1)} standard deviations of chance${
      like === null ? '' : `; it reads like what ${like} writes`
    }`,
    expected: 'layers that fit each other, as in the other blocks of this net',
    evidence: 'read off the weights: how the channels that one layer writes and the next reads go together',
  }),
});
