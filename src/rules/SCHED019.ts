import { defineRule } from './rule.ts';

/** Notes that are shown of one setup. */
const SHOWN = 8;

/** Something in a setup could not be followed. */
export const SCHED019 = defineRule<{ setup: string; notes: readonly string[]; more: number }>({
  id: 'SCHED019',
  name: 'setup-not-followed',
  title: 'Something in the setup was not followed',
  severity: 'note',
  evidence: 'config',
  since: '0.1.0',
  why: `A workflow may hold nodes that are not known here, values that come out of other nodes, or links that lead nowhere. They are named and passed over: nothing is guessed silently. What they decide was not checked, so a clean result says nothing about it.`,
  mend: 'Look at the places named, or write what they decide into a `setup.yaml` and hold the model against that.',
  sources: ['ComfyUI nodes.py and comfy_extras/ for the nodes that are known'],
  *check({ setups = [] }) {
    for (const { name, notes } of setups) {
      if (notes.length === 0) continue;
      const args = { setup: name, notes: notes.slice(0, SHOWN), more: Math.max(0, notes.length - SHOWN) };
      yield { args, place: { file: name.split(',')[0] ?? name } };
    }
  },
  words: ({ setup, notes, more }) => ({
    what: `${notes.length + more === 1 ? 'something' : `${notes.length + more} things`} in ${setup} were not followed`,
    found: `${notes.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
    expected: 'nothing left over; what is named here was not checked',
  }),
});
