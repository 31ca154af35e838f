import { nameOf, placeOf } from './support/components.ts';
import { counted } from './support/places.ts';
import { wirings } from './support/values.ts';
import { defineRule } from './rule.ts';

export const VAL028 = defineRule<{
  net: string;
  blocks: readonly string[];
  all: number;
  pairs: readonly string[];
  exchanges: number;
}>({
  id: 'VAL028',
  name: 'wiring-unclear',
  title: 'The weights do not say everything about the wiring',
  severity: 'note',
  evidence: 'values',
  since: '0.1.0',
  why: `What the weights say of the wiring is told block by block and pair by pair. Some say nothing: layers that training hardly
moved, neighbours that read and write nearly the same. They are listed, so that silence is not taken for soundness.
Nothing is wrong by this note.`,
  mend: 'Nothing to mend. `ungarble smoke` runs the net, which tells what weights alone cannot.',
  sources: ['docs/how-it-knows.md, Wiring: what did not hold'],
  *check(context) {
    for (const { component, wiring } of wirings(context)) {
      const blocks = wiring.blocks.filter(({ verdict }) => verdict === 'unclear').map(({ block }) => block);
      const pairs = wiring.unclear.map(({ candidate }) =>
        'b' in candidate
          ? `${candidate.a} and ${candidate.b} (${candidate.kind})`
          : `${candidate.a} (halves)`,
      );
      if (blocks.length + pairs.length === 0) continue;
      yield {
        args: {
          net: nameOf(component),
          blocks,
          all: wiring.blocks.length,
          pairs,
          exchanges: wiring.exchanges.length,
        },
        place: placeOf(context, component),
      };
    }
  },
  words: ({ net, blocks, all, pairs, exchanges }) => ({
    what: `the wiring of ${net} is not told in all places`,
    found: [
      `${counted(blocks.length, 'block')} of ${all} unclear${blocks.length > 0 ? ` (${few(blocks)})` : ''}`,
      `${counted(pairs.length, 'exchange')} of ${exchanges} not told${pairs.length > 0 ? ` (${few(pairs)})` : ''}`,
    ].join('; '),
    evidence: 'read off the weights, which do not say more',
  }),
});

function few(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} …` : names.join(', ');
}
