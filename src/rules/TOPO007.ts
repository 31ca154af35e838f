import { nameText, problemsOf, tensorPlace } from './support/places.ts';
import { defineRule } from './rule.ts';

export const TOPO007 = defineRule<{ canonical: string; tensors: readonly string[] }>({
  id: 'TOPO007',
  name: 'duplicate-role',
  title: 'Two tensors claim the same place in the net',
  severity: 'error',
  evidence: 'header',
  since: '0.1.0',
  why: `Two tensors of the file stand for the same weight, under the same or under different spellings. Which one a
program takes depends on the order in which it reads them.`,
  mend: `Keep one. Tools that add a converted copy beside the original are the usual cause.`,
  sources: ['safetensors README: duplicate keys are disallowed, "not all parsers may respect this"'],
  *check(context) {
    for (const { component, problem } of problemsOf(context, 'duplicate-role')) {
      const [first, ...others] = problem.tensors.map((tensor) =>
        tensorPlace(context.checkpoint, component, tensor),
      );
      const args = { canonical: problem.canonical, tensors: problem.tensors.map(({ name }) => name) };
      yield { args, place: first ?? {}, related: others };
    }
  },
  words: ({ canonical, tensors }) => ({
    what: `${tensors.length} tensors stand for ${canonical}`,
    found: tensors.map(nameText).join(', '),
    expected: 'one',
  }),
});
