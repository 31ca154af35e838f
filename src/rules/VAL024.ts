import { nameOf } from './support/components.ts';
import { blockPlace } from './support/places.ts';
import { netReadings } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL024 = defineRule<{
  net: string;
  block: string;
  layer: string;
  z: number;
  like: string | null;
}>({
  id: 'VAL024',
  name: 'foreign-block',
  title: 'A block does not fit the net around it',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `Every block of a net is trained together with what it reads and what reads it. A block out of another training, or one whose
channels are in another order than the net's, has the right shapes and says nothing that the rest understands.

The layers at the edge of this block do not go together beyond chance with what they are wired to, where all others of
their kind in this net do.`,
  mend: 'Take the block from the file that this one was made of. A merge can blend nets of one ancestor only.',
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
        if (where !== 'outside' || moved.has(block)) continue;
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
    what: `${block} of ${net} does not fit the net around it`,
    found: `${layer} fits by ${z.toFixed(1)} standard deviations of chance${
      like === null ? '' : `; it reads like what ${like} writes`
    }`,
    expected: 'a block that fits what it reads and what reads it',
    evidence: 'read off the weights: how the channels that one layer writes and the next reads go together',
  }),
});
