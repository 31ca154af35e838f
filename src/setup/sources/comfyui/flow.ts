/** A ComfyUI workflow as a graph of named inputs, whichever of its two forms it was saved in. */
import type { JsonValue } from '../../../formats/json.ts';
import { PIPES, UNPACKING } from './nodes.ts';

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
  /** Kinds of its outputs, where the form says them. */
  readonly gives?: readonly string[];
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

/** Ids that stand for the two ends of a subgraph inside it. */
export const INPUT_END = -10;
export const OUTPUT_END = -20;

/** Where an input comes from in the end. */
export type Origin =
  | { readonly kind: 'node'; readonly node: FlowNode; readonly slot: number }
  | { readonly kind: 'value'; readonly value: JsonValue; readonly pointer: string }
  | { readonly kind: 'nothing'; readonly why: string };

/** Longest chain of links that is followed: real ones have some dozens. */
const LONGEST_CHAIN = 2000;

/** Nodes on the way of one pipe; real ones have a few. It is gone for each link of a chain. */
const LONGEST_PIPE = 200;

/** Follows an input through everything that only passes on, pipes of many values among it. */
export function originOf(flow: Flow, node: FlowNode, name: string): Origin {
  const first = node.inputs.get(name) ?? packed(flow, node, name);
  if (first === undefined) return { kind: 'nothing', why: `has no input ${name}` };
  let input: FlowInput = first;
  let fallback: FlowInput | undefined;
  for (let step = 0; step < LONGEST_CHAIN; step++) {
    if (input.value !== undefined) fallback ??= input;
    if (input.link === undefined) break;
    const source = flow.nodes.get(input.link.node);
    if (source === undefined)
      return { kind: 'nothing', why: `links to node ${input.link.node}, which is not there` };
    if (source.muted) return { kind: 'nothing', why: `hangs on the muted ${nodeName(source)}` };
    const field: string | undefined = UNPACKING.get(source.type)?.[input.link.slot];
    const out = field === undefined ? undefined : packed(flow, source, field);
    if (source.through === undefined && out === undefined)
      return { kind: 'node', node: source, slot: input.link.slot };
    const next: FlowInput | undefined = out ?? source.through?.get(input.link.slot);
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

/** What was put into the pipe that a node is given, under a name: by the last node of its way that has it linked. */
function packed(flow: Flow, node: FlowNode, name: string): FlowInput | undefined {
  let at = node;
  let pipe: FlowInput | undefined;
  for (let step = 0; step < LONGEST_PIPE; step++) {
    pipe ??= PIPES.map((key) => at.inputs.get(key)).find((input) => input?.link);
    if (pipe?.link === undefined) return undefined;
    const source = flow.nodes.get(pipe.link.node);
    if (source === undefined || source.muted) return undefined;
    // what only passes on hands the same pipe on
    if (source.through !== undefined) {
      pipe = source.through.get(pipe.link.slot) ?? { pointer: '' };
      continue;
    }
    const own = source.inputs.get(name);
    if (own?.link !== undefined) return own;
    at = source;
    pipe = undefined;
  }
  return undefined;
}

/** `KSampler (node 3)`. */
export function nodeName({ type, id }: FlowNode): string {
  return `${type === '' ? 'a node without a class' : type} (node ${id})`;
}
