/**
 * The skip connections of a graph: a Concat or Add that joins two values of the same size, of which one has been deeper
 * since they parted. What was deeper comes from below, the other was kept for it.
 */
import type { GraphNode } from '../../formats/graph.ts';
import type { Followed } from './follow.ts';

/** A place where two depths meet. */
export interface Join {
  readonly kind: 'concat' | 'add';
  /** Place of the node in the order. */
  readonly at: number;
  /** The kept values, and those that come from below. */
  readonly kept: readonly string[];
  readonly below: readonly string[];
}

/**
 * Nodes that are looked at for all pairs of values that are joined: a graph of a thousand nodes has 100,000. Attack: one
 * Concat of ten thousand values.
 */
const MOST_WORK = 50_000_000;

/** Finds the joins, in the order of the graph; undefined when it is too large. */
export function joinsOf(followed: Followed): readonly Join[] | undefined {
  const { order, standings } = followed;
  const candidates = [...order.entries()].filter(([, node]) => joinKind(node) !== undefined);
  // of two values that meet one pair is looked at, of three four
  const pairs = candidates.reduce((sum, [, { inputs }]) => sum + Math.max(1, inputs.length - 1) ** 2, 0);
  if (pairs * order.length > MOST_WORK) return undefined;
  const joins: Join[] = [];
  for (const [at, node] of candidates) {
    const values = [...new Set(node.inputs)].filter((value) => standings.has(value));
    const depths = new Set(values.map((value) => standings.get(value)?.divisor));
    if (values.length < 2 || depths.size !== 1) continue;
    const [depth] = depths;
    const lines = values.map((value) => ancestors(value, followed));
    const kept = values.filter((_, index) =>
      lines.some(
        (line, other) =>
          other !== index &&
          descends(line, lines[index] as Line, depth as number, followed) &&
          !descends(lines[index] as Line, line, depth as number, followed),
      ),
    );
    if (kept.length === 0 || kept.length === values.length) continue;
    const below = values.filter((value) => !kept.includes(value));
    joins.push({ kind: joinKind(node) as Join['kind'], at, kept, below });
  }
  return joins;
}

function joinKind({ op, attributes }: GraphNode): Join['kind'] | undefined {
  if (op === 'Concat')
    return attributes.get('axis') === 1 || attributes.get('axis') === -3 ? 'concat' : undefined;
  return op === 'Add' || op === 'Sum' ? 'add' : undefined;
}

/** Places of the nodes that a value is made by. */
type Line = ReadonlySet<number>;

export function ancestors(value: string, { order, makers, standings }: Followed): Line {
  const found = new Set<number>();
  const waiting = [value];
  while (waiting.length > 0) {
    const maker = makers.get(waiting.pop() as string);
    if (maker === undefined || found.has(maker)) continue;
    found.add(maker);
    // sizes that are computed along the way are no way of the picture
    waiting.push(...(order[maker]?.inputs ?? []).filter((input) => standings.has(input)));
  }
  return found;
}

/** Whether what made the one and not the other goes below a depth. */
function descends(line: Line, other: Line, depth: number, { order, standings }: Followed): boolean {
  for (const place of line) {
    if (other.has(place)) continue;
    const { inputs, outputs } = order[place] as GraphNode;
    const to = standings.get(outputs[0] ?? '')?.divisor;
    if (to === undefined || to <= depth) continue;
    if (inputs.some((input) => (standings.get(input)?.divisor ?? to) < to)) return true;
  }
  return false;
}
