import type { Part } from '../formats/checkpoint.ts';
import type { JsonValue } from '../formats/json.ts';
import type { GraphNet } from '../topology/graph/net.ts';
import type { NamedTensor } from '../topology/named.ts';
import type { Role } from './prefixes.ts';

/** Tensors that share a prefix, before anyone has said what they are. */
export class Piece {
  readonly part: string;
  readonly prefix: string;
  readonly role: Role;
  readonly tensors: readonly NamedTensor[];
  /** Rebuilds the net from the graph that the file carries; absent where it carries none. */
  readonly fromGraph: (() => GraphNet) | undefined;
  /** The `config.json` beside the weights. */
  readonly config: JsonValue | undefined;
  /** Tensors by their name inside the piece. */
  readonly byName: ReadonlyMap<string, NamedTensor>;
  /** How many tensors there are under each first part of a name. */
  readonly heads: ReadonlyMap<string, number>;

  constructor(
    part: Part,
    prefix: string,
    role: Role,
    tensors: readonly NamedTensor[],
    fromGraph?: () => GraphNet,
  ) {
    this.part = part.name;
    this.config = part.config?.value;
    this.prefix = prefix;
    this.role = role;
    this.tensors = tensors;
    this.fromGraph = fromGraph;
    this.byName = new Map(tensors.map((named) => [named.name, named]));
    this.heads = countHeads(tensors);
  }

  /** Tensors whose names begin with one of these parts. */
  under(...heads: readonly string[]): number {
    return heads.reduce((sum, head) => sum + (this.heads.get(head) ?? 0), 0);
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  shape(name: string): readonly number[] | undefined {
    return this.byName.get(name)?.tensor.shape;
  }

  /** One length of a tensor's shape; undefined when the tensor or the axis is not there. */
  dim(name: string, axis: number): number | undefined {
    return this.shape(name)?.at(axis);
  }

  /** How many names contain the text. */
  count(text: string): number {
    return this.tensors.reduce((sum, named) => sum + (named.name.includes(text) ? 1 : 0), 0);
  }
}

function countHeads(tensors: readonly NamedTensor[]): ReadonlyMap<string, number> {
  const heads = new Map<string, number>();
  for (const { name } of tensors) {
    const dot = name.indexOf('.');
    const head = dot === -1 ? name : name.slice(0, dot);
    heads.set(head, (heads.get(head) ?? 0) + 1);
  }
  return heads;
}
