/** Which tensors are read: those of a graph as its nets have them. */
import type { Component } from '../components/component.ts';
import type { Checkpoint, Tensor } from '../formats/checkpoint.ts';
import { blocksOf } from '../topology/net.ts';

/**
 * Every tensor of a checkpoint once. What a graph stores has names, shapes and an order of its own in the net, and may be
 * there for several layers: each of these stands for it, and by these its numbers are asked for.
 */
export function tensorsOf({ parts }: Checkpoint, components: readonly Component[]): readonly Tensor[] {
  const graphs = parts.filter(({ graph }) => graph !== undefined);
  if (graphs.length === 0) return parts.flatMap(({ tensors }) => tensors);
  const views = new Map<string, Set<Tensor>>();
  for (const { tensors, net } of components) {
    const owned = net === undefined ? [] : blocksOf(net).flatMap((block) => block.tensors);
    for (const { tensor } of [...tensors, ...owned]) {
      const place = placeOf(tensor);
      views.set(place, (views.get(place) ?? new Set()).add(tensor));
    }
  }
  return parts.flatMap(({ graph, tensors }) =>
    graph === undefined
      ? tensors
      : tensors.flatMap((tensor) => [...(views.get(placeOf(tensor)) ?? [tensor])]),
  );
}

/** Where its bytes begin, and in which file: no two tensors of a graph share that. */
function placeOf({ file, offset, byteLength }: Tensor): string {
  return `${file} ${offset} ${byteLength}`;
}
