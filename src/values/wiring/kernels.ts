import { type Circuit, type Port, readersOf } from './circuit.ts';
import type { Patterns } from './measure.ts';

/** A layer whose 3×3 kernels fit what they are wired to with rows and columns exchanged. */
export interface TurnedKernels {
  readonly block: string;
  /** Canonical module path. */
  readonly layer: string;
  /** How well their directions go with those of its neighbours as filed, in standard deviations of chance. */
  readonly z: number;
}

/** As far below chance as nothing is by luck; the least of 464 layers of sound nets is −0.6. */
const TOLD_Z = -5;

/** Both ends of every layer, and what each end is held against. */
function endsOf(circuit: Circuit): ReadonlyMap<string, readonly (readonly [Port, readonly Port[]])[]> {
  const ends = new Map<string, (readonly [Port, readonly Port[]])[]>();
  const add = (port: Port, others: readonly Port[]): void => {
    ends.set(port.layer, [...(ends.get(port.layer) ?? []), [port, others]]);
  };
  for (const { reader, state } of circuit.links) add(reader, state.writers);
  for (const [writer, of] of readersOf(circuit)) add(writer, of);
  return ends;
}

/** How well the directions of each layer's kernels go with those of what it is wired to, both ends together. */
export function directionsOf(
  circuit: Circuit,
  patterns: Patterns,
  turned: ReadonlySet<string> = new Set(),
): readonly TurnedKernels[] {
  return [...endsOf(circuit)].flatMap(([layer, ends]): readonly TurnedKernels[] => {
    const found = ends.flatMap(([port, others]) => patterns.directions(port, others, turned) ?? []);
    const block = ends[0]?.[0].block;
    if (found.length === 0 || block === undefined) return [];
    const z = found.reduce((sum, each) => sum + each.z, 0) / Math.sqrt(found.length);
    return [{ block, layer, z }];
  });
}

/**
 * Layers whose kernels are transposed beside the rest. The one that fits worst is turned first and the others are looked at
 * again, for its neighbours fit it no better than it fits them.
 */
export function turnedKernels(circuit: Circuit, patterns: Patterns): readonly TurnedKernels[] {
  const turned = new Map<string, TurnedKernels>();
  for (;;) {
    const [worst] = directionsOf(circuit, patterns, new Set(turned.keys()))
      .filter(({ layer }) => !turned.has(layer))
      .sort((a, b) => a.z - b.z);
    if (worst === undefined || worst.z > TOLD_Z) return [...turned.values()];
    turned.set(worst.layer, worst);
  }
}
