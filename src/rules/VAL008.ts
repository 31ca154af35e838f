import type { Component } from '../components/component.ts';
import { blocksOf } from '../topology/net.ts';
import { nameOf } from './support/components.ts';
import { blockPlace, tensorPlace } from './support/places.ts';
import { isAllZero, type Scanned, scanned } from './support/values.ts';
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
    const byComponent = new Map<Component, Scanned[]>();
    for (const each of scanned(context)) {
      const { tensor, scan, placed, component } = each;
      if (placed?.role !== 'matrix' && placed?.role !== 'zero-start') continue;
      if (isAllZero(scan) || scan.tally.min === scan.tally.max || tensor.byteLength < 32) continue;
      byComponent.set(component, [...(byComponent.get(component) ?? []), each]);
    }
    for (const [component, matrices] of byComponent) {
      yield* copiesIn(component, matrices).map((copy) => ({
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
function copiesIn({ net }: Component, matrices: readonly Scanned[]): readonly Copy[] {
  const byHash = new Map<string, Scanned[]>();
  for (const each of matrices) byHash.set(each.scan.hash, [...(byHash.get(each.scan.hash) ?? []), each]);
  const pairs = [...byHash.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : others.map((second) => ({ first, second })),
  );
  const counts = new Map(
    (net === undefined ? [] : blocksOf(net)).map(({ id }) => [
      id,
      matrices.filter(({ placed }) => placed?.block === id).length,
    ]),
  );
  const byBlocks = new Map<string, { first: Scanned; second: Scanned }[]>();
  for (const pair of pairs) {
    const key = JSON.stringify([pair.first.placed?.block, pair.second.placed?.block]);
    byBlocks.set(key, [...(byBlocks.get(key) ?? []), pair]);
  }
  return [...byBlocks.values()].flatMap((found): readonly Copy[] => {
    const [pair] = found;
    const [a, b] = [pair?.first.placed?.block, pair?.second.placed?.block];
    const whole = a !== b && a !== undefined && b !== undefined && counts.get(b) === found.length;
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
