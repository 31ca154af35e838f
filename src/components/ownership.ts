import type { Comparison } from '../topology/compare.ts';
import type { NamedTensor } from '../topology/named.ts';
import type { Ownership } from './model.ts';

/**
 * Who owns what, as a model keeps it.
 * @param all every tensor of the component, by its name in the grammar
 * @param canonical what a tensor is called in the model, where that is not its name in the grammar
 */
export function ownership(
  { owned, problems }: Comparison,
  all: ReadonlyMap<string, NamedTensor>,
  canonical: (name: string) => string = (name) => name,
): Ownership {
  const known = [...owned.values()].flat();
  const names = new Set(known.map((each) => each.canonical));
  return {
    tensors: known.map((each) => ({ canonical: canonical(each.canonical), tensor: each.tensor })),
    misshapen: problems.flatMap((problem) =>
      problem.kind === 'shape-mismatch' ? [canonical(problem.canonical)] : [],
    ),
    strangers: [...all].flatMap(([name, { tensor }]) =>
      names.has(name) ? [] : [{ canonical: canonical(name), tensor }],
    ),
  };
}
