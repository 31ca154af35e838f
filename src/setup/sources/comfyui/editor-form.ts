/**
 * The workflow as ComfyUI's editor saves it: nodes with their widgets' values in order, links by number, subgraphs.
 * Sources: ComfyUI_frontend src/utils/executionUtil.ts (`graphToPrompt`: muted, bypassed, subgraphs) and the
 * `INPUT_TYPES` of each node in ComfyUI nodes.py and comfy_extras.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../formats/json.ts';
import { PASSING } from './api-form.ts';
import type { Flow, FlowInput, FlowNode } from './flow.ts';
import { CONTROL_WORDS, WIDGETS } from './widgets.ts';

/** Nodes that are taken in, those of subgraphs once for each use. A workflow of a thousand is a large one. */
const MOST_NODES = 200_000;
/** Subgraphs in subgraphs. */
const DEEPEST = 16;

const MUTED = 2;
const BYPASSED = 4;

/** Ids that stand for the two ends of a subgraph inside it. */
const INPUT_END = -10;
const OUTPUT_END = -20;

interface Link {
  readonly from: string;
  readonly slot: number;
  readonly to: string;
  readonly toSlot: number;
}

/** Whether an object is a workflow as the editor saves it. */
export function isEditorForm(value: JsonObject): boolean {
  return isJsonArray(value.get('nodes')) && (value.has('links') || value.has('last_node_id'));
}

/** Flattens a saved workflow: nodes of subgraphs get ids such as `12:3`, as ComfyUI itself has it. */
export function editorFlow(value: JsonObject): Flow {
  const flattening = new Flattening(subgraphsOf(value));
  flattening.scope(value, '', '', 0);
  flattening.tie();
  return { nodes: flattening.nodes, notes: flattening.notes };
}

function subgraphsOf(
  value: JsonObject,
): ReadonlyMap<string, { readonly graph: JsonObject; readonly at: string }> {
  const definitions = value.get('definitions');
  const list = isJsonObject(definitions) ? definitions.get('subgraphs') : undefined;
  const found = new Map<string, { graph: JsonObject; at: string }>();
  for (const [index, graph] of (isJsonArray(list) ? list : []).entries()) {
    if (isJsonObject(graph))
      found.set(String(graph.get('id')), { graph, at: `/definitions/subgraphs/${index}` });
  }
  return found;
}

class Flattening {
  readonly nodes = new Map<string, FlowNode>();
  readonly notes: string[] = [];
  readonly #subgraphs: ReturnType<typeof subgraphsOf>;
  /** `SetNode` by the name that it sets, and those that get it. */
  readonly #set = new Map<string, FlowInput>();
  readonly #get: [id: string, name: string][] = [];

  constructor(subgraphs: ReturnType<typeof subgraphsOf>) {
    this.#subgraphs = subgraphs;
  }

  /** Takes in the nodes of one graph. @param at JSON pointer of it */
  scope(graph: JsonObject, prefix: string, at: string, depth: number): void {
    const links = linksOf(graph);
    const list = graph.get('nodes');
    for (const [index, node] of (isJsonArray(list) ? list : []).entries()) {
      if (!isJsonObject(node)) continue;
      if (this.nodes.size >= MOST_NODES) {
        this.note(`it has more than ${MOST_NODES} nodes; the rest is not looked at`);
        return;
      }
      this.#take(node, links, prefix, `${at}/nodes/${index}`, depth);
    }
    // what the graph gives out, by output
    if (prefix === '') return;
    const outs = new Map<number, FlowInput>();
    for (const { from, slot, to, toSlot } of links.values()) {
      if (to === String(OUTPUT_END)) outs.set(toSlot, this.#linked(from, slot, prefix, `${at}/links`));
    }
    const instance = prefix.slice(0, -1);
    const seen = this.nodes.get(instance);
    if (seen !== undefined) this.nodes.set(instance, { ...seen, through: outs });
  }

  /** Ties every `GetNode` to its `SetNode`. */
  tie(): void {
    for (const [id, name] of this.#get) {
      const input = this.#set.get(name);
      const node = this.nodes.get(id);
      if (node !== undefined && input !== undefined)
        this.nodes.set(id, { ...node, through: new Map([[0, input]]) });
    }
  }

  note(text: string): void {
    if (!this.notes.includes(text)) this.notes.push(text);
  }

  #take(node: JsonObject, links: ReadonlyMap<number, Link>, prefix: string, at: string, depth: number): void {
    const id = prefix + String(node.get('id'));
    const type = String(node.get('type') ?? '');
    const slots = slotsOf(node).map(({ name, type: kind, link, widget }, index) => {
      const from = link === undefined ? undefined : links.get(link);
      const pointer = `${at}/inputs/${index}`;
      return {
        name,
        kind,
        widget,
        input: from === undefined ? undefined : this.#linked(from.from, from.slot, prefix, pointer),
      };
    });
    const inputs = new Map<string, FlowInput>(widgetsOf(node, type, at));
    for (const { name, input } of slots) {
      if (input === undefined) continue;
      const value = inputs.get(name)?.value;
      inputs.set(name, { ...input, ...(value === undefined ? {} : { value }) });
    }
    const plain = { id, type, inputs };
    const mode = node.get('mode');
    if (mode === MUTED) {
      this.nodes.set(id, { ...plain, muted: true });
      return;
    }
    const linked = slots.map(({ input, kind }) => ({ input, kind }));
    if (mode === BYPASSED) {
      this.nodes.set(id, { ...plain, through: bypass(node, linked) });
      return;
    }
    const subgraph = this.#subgraphs.get(type);
    if (subgraph !== undefined) {
      // inside, links from the input end lead to what the use of the subgraph is given
      const given = slots.map(({ input, name }): FlowInput | undefined => input ?? inputs.get(name));
      const into = given.flatMap((input, slot) => (input === undefined ? [] : [[slot, input] as const]));
      this.nodes.set(`${id}:${INPUT_END}`, { ...plain, id: `${id}:${INPUT_END}`, through: new Map(into) });
      this.nodes.set(id, { ...plain, through: new Map() });
      if (depth === DEEPEST)
        this.note(`subgraphs nest more than ${DEEPEST} levels; those below are not looked at`);
      else this.scope(subgraph.graph, `${id}:`, subgraph.at, depth + 1);
      return;
    }
    this.nodes.set(id, { ...plain, ...this.#passing(plain, linked[0]?.input) });
  }

  /** Nodes that only the editor has, and those that hand on what they are given. */
  #passing({ id, type, inputs }: FlowNode, first: FlowInput | undefined): Pick<FlowNode, 'through'> {
    if (type === 'Reroute') return { through: through(first) };
    if (type === 'PrimitiveNode') return { through: through(inputs.get('value')) };
    const named = inputs.get('Constant')?.value;
    if (type === 'SetNode' && typeof named === 'string' && first !== undefined) {
      this.#set.set(named, first);
      return { through: through(first) };
    }
    if (type === 'GetNode' && typeof named === 'string') this.#get.push([id, named]);
    const name = PASSING.get(type);
    return name === undefined ? {} : { through: through(inputs.get(name)) };
  }

  #linked(from: string, slot: number, prefix: string, pointer: string): FlowInput {
    return { link: { node: prefix + from, slot }, pointer };
  }
}

function through(input: FlowInput | undefined): ReadonlyMap<number, FlowInput> {
  return new Map(input === undefined ? [] : [[0, input]]);
}

/** A bypassed node's output comes from its own input of the same place and kind, else from the first of the kind. */
function bypass(
  node: JsonObject,
  inputs: readonly { readonly input: FlowInput | undefined; readonly kind: string }[],
): ReadonlyMap<number, FlowInput> {
  const outputs = node.get('outputs');
  const found = new Map<number, FlowInput>();
  for (const [slot, output] of (isJsonArray(outputs) ? outputs : []).entries()) {
    const kind = isJsonObject(output) ? String(output.get('type')) : '';
    const same = inputs[slot]?.kind === kind ? inputs[slot] : undefined;
    const input = (same ?? inputs.find((each) => each.kind === kind && each.input !== undefined))?.input;
    if (input !== undefined) found.set(slot, input);
  }
  return found;
}

/** Links by number: `[id, from, output, to, input, type]`, or in a subgraph objects with the same. */
function linksOf(graph: JsonObject): ReadonlyMap<number, Link> {
  const found = new Map<number, Link>();
  const list = graph.get('links');
  for (const link of isJsonArray(list) ? list : []) {
    const [id, from, slot, to, toSlot] = isJsonArray(link)
      ? link
      : ['id', 'origin_id', 'origin_slot', 'target_id', 'target_slot'].map((key) =>
          isJsonObject(link) ? link.get(key) : undefined,
        );
    if (typeof id !== 'number' || typeof slot !== 'number' || !isId(from) || !isId(to)) continue;
    const last = typeof toSlot === 'number' ? toSlot : -1;
    found.set(id, { from: String(from), slot, to: String(to), toSlot: last });
  }
  return found;
}

function isId(value: JsonValue | undefined): value is number | string {
  return typeof value === 'number' || typeof value === 'string';
}

interface Slot {
  readonly name: string;
  readonly type: string;
  readonly link: number | undefined;
  /** Whether it was made of a widget, whose value stands among the others. */
  readonly widget: boolean;
}

function slotsOf(node: JsonObject): readonly Slot[] {
  const inputs = node.get('inputs');
  return (isJsonArray(inputs) ? inputs : []).map((input) => {
    const object: JsonObject = isJsonObject(input) ? input : new Map<string, JsonValue>();
    const link = object.get('link');
    return {
      name: String(object.get('name') ?? ''),
      type: String(object.get('type') ?? ''),
      widget: isJsonObject(object.get('widget')),
      link: typeof link === 'number' ? link : undefined,
    };
  });
}

/**
 * The values of a node's widgets by name. They stand in the order of the widgets; a seed is followed by what the
 * editor does with it after a run. Names come from the node's class where it is known, else from the inputs that newer
 * editors write for each widget.
 */
function widgetsOf(node: JsonObject, type: string, at: string): readonly (readonly [string, FlowInput])[] {
  const values = node.get('widgets_values');
  const place = `${at}/widgets_values`;
  if (isJsonObject(values)) {
    return [...values].map(([name, value]) => [name, { value, pointer: `${place}/${name}` }] as const);
  }
  if (!isJsonArray(values)) return [];
  const names = WIDGETS.get(type) ?? slotsOf(node).flatMap(({ name, widget }) => (widget ? [name] : []));
  const found: (readonly [string, FlowInput])[] = [];
  let index = 0;
  for (const name of names) {
    if (index >= values.length) break;
    found.push([name, { value: values[index] as JsonValue, pointer: `${place}/${index}` }]);
    index += 1;
    const next = values[index];
    if (SEEDS.has(name) && typeof next === 'string' && CONTROL_WORDS.has(next)) index += 1;
  }
  return found;
}

const SEEDS: ReadonlySet<string> = new Set(['seed', 'noise_seed']);
