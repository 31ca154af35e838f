import type { Axis, Blueprint, Slot, Solution } from './blueprint.ts';
import type { NamedTensor } from './named.ts';
import type { OwnedTensor } from './net.ts';
import type { Problem } from './problem.ts';

/** Says what a canonical tensor or block is called in the file, prefix included. */
export interface Naming {
  tensor(canonical: string): string;
  block(canonical: string): string;
}

/** Left-over tensors for which a missing name is looked for: a file of nothing else must not take hours. */
const MOST_SEARCHED = 500;

export interface Comparison {
  /** Tensors by the canonical id of the block that owns them. */
  readonly owned: ReadonlyMap<string, readonly OwnedTensor[]>;
  readonly problems: readonly Problem[];
}

/**
 * Holds the tensors of a component against its blueprint: every tensor ends with exactly one owner or as
 * an `unexpected-tensor`, every expected one is there or a `missing-tensor`.
 */
export function compare(
  blueprint: Blueprint,
  solution: Solution,
  tensors: ReadonlyMap<string, NamedTensor>,
  naming: Naming,
): Comparison {
  const owned = new Map<string, OwnedTensor[]>();
  const missing = new Map<string, Slot[]>();
  const problems: Problem[] = [];
  const expected = new Set<string>();
  for (const slot of blueprint.slots) {
    expected.add(slot.canonical);
    const found = tensors.get(slot.canonical);
    if (found === undefined) {
      if (isRequired(slot, solution)) push(missing, slot.block, slot);
      continue;
    }
    push(owned, slot.block, { canonical: slot.canonical, tensor: found.tensor });
    const problem = shapeProblem(slot, found, solution, naming);
    if (problem !== undefined) problems.push(problem);
  }
  for (const [block, slots] of missing) {
    if (owned.has(block)) problems.push(...slots.map((slot) => missingTensor(slot, solution, naming)));
    else problems.push(missingBlock(block, slots.length, naming));
  }
  const absentNames = [...missing.values()].flat().map((slot) => naming.tensor(slot.canonical));
  let searched = 0;
  for (const [canonical, { tensor }] of tensors) {
    if (expected.has(canonical)) continue;
    const nearest = searched < MOST_SEARCHED ? nearestName(tensor.name, absentNames) : undefined;
    searched += 1;
    problems.push({ kind: 'unexpected-tensor', tensor, ...(nearest === undefined ? {} : { nearest }) });
  }
  return { owned, problems };
}

function isRequired(slot: Slot, solution: Solution): boolean {
  if (slot.whenDiffer === undefined) return true;
  const [a, b] = slot.whenDiffer;
  return solution.value(a) !== solution.value(b);
}

function missingTensor(slot: Slot, solution: Solution, naming: Naming): Problem {
  return {
    kind: 'missing-tensor',
    block: slot.block,
    fileBlock: naming.block(slot.block),
    canonical: slot.canonical,
    fileName: naming.tensor(slot.canonical),
    expectedShape: solution.shape(slot.axes),
  };
}

function missingBlock(block: string, tensors: number, naming: Naming): Problem {
  const because = 'its neighbours in the same stage, or the block opposite it, are there';
  return { kind: 'missing-block', block, fileBlock: naming.block(block), tensors, because };
}

function shapeProblem(
  slot: Slot,
  found: NamedTensor,
  solution: Solution,
  naming: Naming,
): Problem | undefined {
  const shape = found.tensor.shape;
  if (solution.fits(slot.axes, shape)) return undefined;
  const expectedShape = solution.shape(slot.axes);
  const axes = expectedShape.flatMap((dim, axis) => (dim === shape[axis] ? [] : [axis]));
  const wrong = shape.length === expectedShape.length ? axes : expectedShape.map((_, axis) => axis);
  return {
    kind: 'shape-mismatch',
    block: slot.block,
    fileBlock: naming.block(slot.block),
    tensor: found.tensor,
    canonical: slot.canonical,
    expectedShape,
    axes: wrong,
    because: reason(slot.axes, wrong, solution, naming),
  };
}

/** Says who expects the widths that a tensor does not have. */
function reason(axes: readonly Axis[], wrong: readonly number[], solution: Solution, naming: Naming): string {
  for (const index of wrong) {
    const axis = axes[index];
    const tally = axis === undefined || typeof axis === 'number' ? undefined : solution.tally(axis);
    if (tally === undefined) continue;
    const tensors = tally.votes === 1 ? '1 other width' : `${tally.votes} other widths`;
    const against = tally.against === 1 ? '1 disagrees' : `${tally.against} disagree`;
    return `${tensors} in the net agree, one of them in ${naming.tensor(tally.witness)}; ${against}`;
  }
  return 'every net of this grammar has it so';
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** The absent name that shares most of its parts with `name`, where all but one or two agree. */
function nearestName(name: string, absent: readonly string[]): string | undefined {
  const parts = name.split('.');
  let best: { name: string; off: number } | undefined;
  for (const candidate of absent) {
    const other = candidate.split('.');
    if (Math.abs(other.length - parts.length) > 1) continue;
    const off = partsThatDiffer(parts, other);
    if (off <= 2 && off < parts.length - 1 && (best === undefined || off < best.off)) {
      best = { name: candidate, off };
    }
  }
  return best?.name;
}

/** Parts left over after the common head and the common tail are taken off. */
function partsThatDiffer(a: readonly string[], b: readonly string[]): number {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  return Math.max(a.length, b.length) - head - tail;
}
