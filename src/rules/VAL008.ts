import { nameOf } from './support/components.ts';
import { blockPlace, tensorPlace } from './support/places.ts';
import { groupsBy, isAllZero, type Scanned, scanned } from './support/values.ts';
import { defineRule, type FindingPlace } from './rule.ts';

export const VAL008 = defineRule<{ component: string; a: string; b: string; whole: boolean }>({
  id: 'VAL008',
  name: 'copied-weights',
  title: 'Two layers of a net have the same weights',
  severity: 'error',
  evidence: 'values',
  since: '0.1.0',
  why: `Layers start from different draws and never meet again: equal matrices in two places are a copy. A script that renames
blocks writes one over another when its arithmetic is off by one; the block that was there is lost, shapes and names are
sound, and pictures lose composition or fall apart.`,
  mend: 'Take the block from the file that this one was made of, and look at the script that renamed its tensors.',
  sources: ['bayesian-merger issue 42', 'AUTOMATIC1111 modules/extras.py, merging'],
  *check(context) {
    const all = [...scanned(context)].filter(({ tensor, scan, placed }) => {
      if (placed?.role !== 'matrix' && placed?.role !== 'zero-start') return false;
      return !isAllZero(scan) && scan.tally.min !== scan.tally.max && tensor.byteLength >= 32;
    });
    for (const [component, matrices] of groupsBy(all, (each) => each.component)) {
      yield* copiesIn(matrices).map((copy) => ({
        args: { component: nameOf(component), a: copy.a, b: copy.b, whole: copy.whole },
        place: copy.whole ? blockPlace(context.checkpoint, component, copy.b) : tensorOf(copy.second),
        related: [copy.whole ? blockPlace(context.checkpoint, component, copy.a) : tensorOf(copy.first)],
      }));
    }

    function tensorOf({ component, tensor }: Scanned): FindingPlace {
      return tensorPlace(context.checkpoint, component, tensor);
    }
  },
  words: ({ component, a, b, whole }) => ({
    what: `${b} of ${component} is a copy of ${a}`,
    found: whole
      ? 'every matrix of the two blocks is the same, number for number'
      : 'the same numbers in the same order',
    expected: 'weights of its own',
  }),
});

interface Copy {
  readonly a: string;
  readonly b: string;
  readonly whole: boolean;
  readonly first: Scanned;
  readonly second: Scanned;
}

/** Whole blocks first; then single tensors that are not in one of those. */
function copiesIn(matrices: readonly Scanned[]): readonly Copy[] {
  const pairs = [...groupsBy(matrices, ({ scan }) => scan.hash).values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : others.map((second) => ({ first, second })),
  );
  const inBlock = groupsBy(matrices, ({ placed }) => placed?.block);
  const byBlocks = groupsBy(pairs, ({ first, second }) =>
    JSON.stringify([first.placed?.block, second.placed?.block]),
  );
  return [...byBlocks.values()].flatMap((found): readonly Copy[] => {
    const [pair] = found;
    const [a, b] = [pair?.first.placed?.block, pair?.second.placed?.block];
    const whole = a !== b && a !== undefined && b !== undefined && inBlock.get(b)?.length === found.length;
    if (whole && pair !== undefined) return [{ a, b, whole, ...pair }];
    return found.map(({ first, second }) => ({
      a: first.tensor.name,
      b: second.tensor.name,
      whole: false,
      first,
      second,
    }));
  });
}
