/** Which layer each tensor belongs to: its own, or the one that it stands nearest to by name, as a norm does. */
import type { NamedTensor } from '../named.ts';
import type { OwnedTensor } from '../net.ts';
import type { Layer } from './layers.ts';

export interface Owners {
  /** By the layer's name. */
  readonly owned: ReadonlyMap<string, readonly OwnedTensor[]>;
  /** Linear layers that stand apart from every convolution: what the net is fed beside the picture. By first name. */
  readonly embeddings: ReadonlyMap<string, readonly OwnedTensor[]>;
}

export function ownersOf(tensors: readonly NamedTensor[], layers: readonly Layer[]): Owners {
  const base = sharedStart(layers);
  const headOf = (path: readonly string[]): string => path.slice(0, base + 1).join('.');
  const withLayers = new Set(layers.map(({ path }) => headOf(path)));
  const paths = tensors.map(({ name }) => name.split('.'));
  const apart = new Set(
    tensors.flatMap(({ tensor }, at) => {
      const head = headOf(paths[at] as string[]);
      return tensor.shape.length === 2 && !withLayers.has(head) ? [head] : [];
    }),
  );
  const near = new Nearest(layers);
  const owned = new Map<string, OwnedTensor[]>();
  const embeddings = new Map<string, OwnedTensor[]>();
  for (const [at, { name, tensor }] of tensors.entries()) {
    const head = headOf(paths[at] as string[]);
    const [into, key] = apart.has(head)
      ? ([embeddings, head] as const)
      : ([owned, near.to(paths[at] as string[], at)] as const);
    const list = into.get(key) ?? [];
    into.set(key, list);
    list.push({ canonical: name, tensor });
  }
  return { owned, embeddings };
}

/** How many leading parts all names have in common. */
function sharedStart(layers: readonly Layer[]): number {
  const [first] = layers;
  if (first === undefined) return 0;
  let depth = 0;
  while (depth < first.path.length - 1 && layers.every(({ path }) => path[depth] === first.path[depth]))
    depth += 1;
  return depth;
}

/** Finds the layer whose path shares most with a name; of several the last that stands before it in the file. */
class Nearest {
  /** Layers under each path, in the order of the file. */
  readonly #under = new Map<string, Layer[]>();

  constructor(layers: readonly Layer[]) {
    for (const layer of [...layers].sort((a, b) => a.at - b.at)) {
      for (let depth = 0; depth <= layer.path.length; depth += 1) {
        const key = layer.path.slice(0, depth).join('.');
        const list = this.#under.get(key) ?? [];
        this.#under.set(key, list);
        list.push(layer);
      }
    }
  }

  to(path: readonly string[], at: number): string {
    for (let depth = path.length - 1; depth >= 0; depth -= 1) {
      const list = this.#under.get(path.slice(0, depth).join('.'));
      if (list === undefined) continue;
      return (list.findLast((layer) => layer.at <= at) ?? (list[0] as Layer)).name;
    }
    return '';
  }
}
