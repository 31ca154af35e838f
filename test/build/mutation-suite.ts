import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { NamedTensor } from '../../src/topology/named.ts';
import type { Problem } from '../../src/topology/problem.ts';
import { reconstruct } from '../../src/topology/reconstruct.ts';
import { readListing } from './listing.ts';
import { type Mutation, removals, renames, resizes } from './mutate.ts';

/**
 * Widths that nothing else in a lone U-Net depends on. A header that has them otherwise is the header of
 * another sound net, so no header can show the change.
 */
const FREE: readonly (readonly [string, string])[] = [
  [
    'conv_in.weight axis 1',
    'channels of the input: 4 are the latent, what a pipeline adds is its own affair',
  ],
  ['input_blocks.0.0.weight axis 1', 'the same, in LDM names'],
  [
    'add_embedding.linear_1.weight axis 1',
    'width of the added conditioning, which is made outside of the net',
  ],
  ['label_emb.0.0.weight axis 1', 'the same, in LDM names'],
];

const KINDS = {
  'a tensor removed': { mutate: removals, least: 1 },
  'a dimension one larger or twice as large': { mutate: resizes, least: 3 },
  'a tensor under a neighbour’s name': { mutate: renames, least: 2 },
} as const;

export type MutationKind = keyof typeof KINDS;

export interface DamageOptions {
  /** Names that each tensor is tried under, at most. */
  readonly renames?: number;
}

/** Damages every tensor of a listing in turn; each case has to be an error that names the tensor or its block. */
export function everyDamage(path: string, kinds: readonly MutationKind[], options: DamageOptions = {}): void {
  const tensors = existsSync(path) ? readListing(path) : [];
  describe.skipIf(tensors.length === 0)(
    `every single damage to ${path}${tensors.length === 0 ? ' (absent, skipped)' : ''}`,
    () => {
      for (const kind of kinds) {
        test(kind, { timeout: 900_000 }, () => {
          const { mutate, least } = KINDS[kind];
          const { missed, count } = undetected(mutate(tensors, options.renames));
          expect(missed).toEqual([]);
          expect(count).toBeGreaterThanOrEqual(least * tensors.length);
        });
      }
      test('the undamaged listing has no problem', () => {
        expect(reconstruct(tensors, '').problems).toEqual([]);
      });
    },
  );
}

function undetected(mutations: Iterable<Mutation>): { missed: string[]; count: number } {
  const missed: string[] = [];
  let count = 0;
  for (const mutation of mutations) {
    count += 1;
    const { problems } = reconstruct(mutation.tensors, '');
    if (problems.some((problem) => isError(problem) && names(problem, mutation))) continue;
    if (!FREE.some(([free]) => mutation.what.startsWith(free))) missed.push(mutation.what);
  }
  return { missed, count };
}

/** Names of another layout are the one problem that is only a warning. */
function isError(problem: Problem): boolean {
  return problem.kind !== 'foreign-name';
}

/** True when a problem names the damaged tensor, the name it was given, or the block that owns it. */
function names(problem: Problem, { victim, renamed }: Mutation): boolean {
  const said = new Set(tensorNames(problem));
  if (said.has(victim) || (renamed !== undefined && said.has(renamed))) return true;
  return 'fileBlock' in problem && victim.startsWith(`${problem.fileBlock}.`);
}

function tensorNames(problem: Problem): readonly string[] {
  switch (problem.kind) {
    case 'missing-tensor':
      return [problem.fileName];
    case 'unexpected-tensor':
    case 'shape-mismatch':
    case 'foreign-name':
      return [problem.tensor.name];
    case 'duplicate-role':
      return problem.tensors.map(({ name }: NamedTensor['tensor']) => name);
    default:
      return [];
  }
}
