/** A ComfyUI workflow as a graph of named inputs, whichever of its two forms it was saved in. */
import type { JsonValue } from '../../../formats/json.ts';

/** What an input is connected to, or the value that stands there. */
export interface FlowInput {
  /** Id of the node, and which of its outputs. */
  readonly link?: { readonly node: string; readonly slot: number };
  /** What stands in the node itself; counts where there is no link, or the link leads nowhere. */
  readonly value?: JsonValue;
  /** JSON pointer of it. */
  readonly pointer: string;
}

export interface FlowNode {
  readonly id: string;
  readonly type: string;
  readonly inputs: ReadonlyMap<string, FlowInput>;
  /** Switched off, with all that hangs on it. */
  readonly muted?: true;
  /**
   * For what only passes on (reroutes, bypassed nodes, primitives, the two ends of a subgraph): where each output comes
   * from.
   */
  readonly through?: ReadonlyMap<number, FlowInput>;
}

export interface Flow {
  readonly nodes: ReadonlyMap<string, FlowNode>;
  /** What of the file could not be followed, in sentences. */
  readonly notes: readonly string[];
}

/** Where an input comes from in the end. */
export type Origin =
  | { readonly kind: 'node'; readonly node: FlowNode; readonly slot: number }
  | { readonly kind: 'value'; readonly value: JsonValue; readonly pointer: string }
  | { readonly kind: 'nothing'; readonly why: string };

/** Longest chain of links that is followed: real ones have some dozens. */
const LONGEST_CHAIN = 2000;

/** Follows an input through everything that only passes on. */
export function originOf(flow: Flow, node: FlowNode, name: string): Origin {
  let input = node.inputs.get(name);
  if (input === undefined) return { kind: 'nothing', why: `has no input ${name}` };
  let fallback: FlowInput | undefined;
  for (let step = 0; step < LONGEST_CHAIN; step++) {
    if (input.value !== undefined) fallback ??= input;
    if (input.link === undefined) break;
    const source = flow.nodes.get(input.link.node);
    if (source === undefined)
      return { kind: 'nothing', why: `links to node ${input.link.node}, which is not there` };
    if (source.muted) return { kind: 'nothing', why: `hangs on the muted ${nodeName(source)}` };
    if (source.through === undefined) return { kind: 'node', node: source, slot: input.link.slot };
    const next = source.through.get(input.link.slot);
    if (next === undefined) break;
    input = next;
    // a value further up the line is nearer to what runs
    if (next.value !== undefined) fallback = next;
  }
  if (input.link !== undefined && fallback === undefined)
    return { kind: 'nothing', why: 'is linked in a circle' };
  if (fallback?.value === undefined) return { kind: 'nothing', why: `has nothing at ${name}` };
  return { kind: 'value', value: fallback.value, pointer: fallback.pointer };
}

/** `KSampler (node 3)`. */
export function nodeName({ type, id }: FlowNode): string {
  return `${type} (node ${id})`;
}
