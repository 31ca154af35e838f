/** What the VAL rules share: tensors with what was read of them, and numbers in words. */
import type { Component } from '../../components/component.ts';
import type { Tensor } from '../../formats/checkpoint.ts';
import type { CheckpointValues } from '../../values/read-values.ts';
import type { NetReading } from '../../values/read-net.ts';
import { NO_WEIGHTS, type Placed } from '../../values/scan/roles.ts';
import type { TensorScan } from '../../values/scan/scan-tensor.ts';
import type { BlockReading, WiringReading } from '../../values/wiring/index.ts';
import type { Draft, FindingPlace, RuleContext } from '../rule.ts';
import { nameOf } from './components.ts';
import { blockPlace, tensorPlace } from './places.ts';

/** A tensor of a component, with what was read of it. */
export interface Scanned {
  readonly component: Component;
  readonly tensor: Tensor;
  readonly scan: TensorScan;
  /** Absent where the grammar of its component is not known. */
  readonly placed?: Placed;
}

/** Every tensor of weights that was read. */
export function* scanned({ components, values }: RuleContext): Generator<Scanned> {
  if (values === undefined) return;
  for (const component of components) {
    if (NO_WEIGHTS.has(component.kind)) continue;
    for (const { tensor } of component.tensors) {
      const scan = values.scans.get(tensor);
      const placed = values.placed.get(tensor);
      if (scan === undefined) continue;
      yield { component, tensor, scan, ...(placed === undefined ? {} : { placed }) };
    }
  }
}

/** Groups in the order in which each began. */
export function groupsBy<K, T>(items: Iterable<T>, keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Nets whose weights were asked how they are put together. */
export function netReadings({ values }: RuleContext): readonly NetReading[] {
  return values?.nets ?? [];
}

/** Those of them whose wiring could be judged. */
export function* wirings(
  context: RuleContext,
): Generator<{ readonly component: Component; readonly wiring: WiringReading }> {
  for (const { component, wiring, unjudged } of netReadings(context)) {
    if (wiring !== undefined && unjudged === undefined) yield { component, wiring };
  }
}

/** How the rules about wiring know what they say. */
export const WIRING_EVIDENCE =
  'read off the weights: how the channels that one layer writes and the next reads go together';

/** A layer that does not fit what it is wired to. */
export type MisfitArgs = {
  readonly net: string;
  readonly block: string;
  readonly layer: string;
  readonly z: number;
  /** What it reads like, where it reads like something else. */
  readonly like: string | null;
};

/** Blocks with a layer that does not fit, inside the block or at its edge. */
export function* misfits(
  context: RuleContext,
  side: NonNullable<BlockReading['where']>,
): Generator<Draft<MisfitArgs>> {
  for (const { component, wiring } of wirings(context)) {
    // a block in another's place does not fit there either: that is told with both names
    const moved = new Set(
      wiring.exchanged.flatMap(({ candidate }) =>
        'b' in candidate ? [candidate.a, candidate.b] : [candidate.a],
      ),
    );
    for (const { block, where, ports } of wiring.blocks) {
      if (where !== side || moved.has(block)) continue;
      const worst = ports.find(({ verdict }) => verdict === 'inconsistent');
      if (worst === undefined) continue;
      const { port, z = 0, readsLike } = worst;
      yield {
        args: { net: nameOf(component), block, layer: port.layer, z, like: readsLike ?? null },
        place: blockPlace(context.checkpoint, component, block),
      };
    }
  }
}

/** By how little it fits, and what it fits instead. */
export function misfitText({ layer, z, like }: MisfitArgs): string {
  const instead = like === null ? '' : `; it reads like what ${like} writes`;
  return `${layer} fits by ${z.toFixed(1)} standard deviations of chance${instead}`;
}

export function isAllZero({ tally }: TensorScan): boolean {
  return tally.zeros === tally.elements;
}

/** Largest magnitude of the finite elements. */
export function largest({ tally }: TensorScan): number {
  return Math.max(Math.abs(tally.min), Math.abs(tally.max));
}

/** One element of a tensor: its own bytes, where they are known. */
export function elementPlace(
  { checkpoint }: RuleContext,
  { component, tensor }: Scanned,
  at: { readonly offset?: number } | undefined,
): FindingPlace {
  const whole = tensorPlace(checkpoint, component, tensor);
  if (at?.offset === undefined) return whole;
  const length = Math.max(1, Math.round(tensor.byteLength / Math.max(1, product(tensor.shape))));
  return { ...whole, bytes: { offset: at.offset, length } };
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, dim) => total * dim, 1);
}

/** Whether the last tensors of a file are zeros, and which: what a download leaves that was given room and broke off. */
export function zeroTail(values: CheckpointValues, file: number): readonly Tensor[] {
  const own = [...values.scans].filter(([tensor]) => tensor.file === file);
  const sorted = own.sort(([a], [b]) => b.offset - a.offset);
  const end = sorted.findIndex(([, scan]) => !isAllZero(scan));
  return end < 2 ? [] : sorted.slice(0, end).map(([tensor]) => tensor);
}

/** Four significant digits: `0.02134`, `6.553e4`. */
export function figure(value: number): string {
  return Number.parseFloat(value.toPrecision(4)).toString();
}
