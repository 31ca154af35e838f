import { readFileSync } from 'node:fs';
import { KeyFacts } from '../../src/components/key-facts.ts';
import { runtimes } from '../../src/runtimes/index.ts';
import type { Decision, RuntimeId } from '../../src/runtimes/runtime.ts';
import type { TensorSpec } from '../build/checkpoint.ts';
import { golden } from '../build/parts.ts';

/** What the programs' own code decided of checkpoints that are names and shapes: see fixtures/runtimes. */

export interface Case {
  readonly id: string;
  readonly parts: readonly (readonly [listing: string, prefix: string])[];
  readonly extra?: readonly (readonly [name: string, shape: readonly number[]])[];
  readonly without?: readonly string[];
  /** A tensor with numbers, and their standard deviation. */
  readonly spread?: readonly [name: string, deviation: number];
}

export const cases = JSON.parse(readFileSync('fixtures/runtimes/cases.json', 'utf8')) as readonly Case[];

/** The decisions of a program, by the id of the case; null where it gave up. */
export function replay<T>(program: string): Readonly<Record<string, T | null>> {
  const text = readFileSync(`fixtures/runtimes/replays/${program}.json`, 'utf8');
  return (JSON.parse(text) as { readonly decisions: Record<string, T | null> }).decisions;
}

/** The tensors of a case. */
function tensorsOf({ parts, extra = [], without = [] }: Case): readonly TensorSpec[] {
  const all = [
    ...parts.flatMap(([listing, prefix]) => golden(listing, prefix)),
    ...extra.map(([name, shape]): TensorSpec => [name, shape]),
  ];
  return all.filter(([name]) => !without.some((prefix) => name.startsWith(prefix)));
}

/** What our rules for a program make of a case. */
export function decisionOf(id: RuntimeId, one: Case): Decision {
  const runtime = runtimes.find((each) => each.id === id);
  const tensors = tensorsOf(one).map(([name, shape]) => ({ name, shape }));
  const decision = runtime?.decide({
    container: 'file',
    keys: new KeyFacts(tensors),
    parts: new Map(),
    deviation: (name) => (one.spread?.[0] === name ? one.spread[1] : undefined),
  });
  if (decision === undefined) throw new Error(`${id} says nothing of ${one.id}`);
  return decision;
}
