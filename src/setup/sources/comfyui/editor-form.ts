/**
 * The workflow as ComfyUI's editor saves it: nodes with their widgets' values in order, links by number, subgraphs.
 * Sources: ComfyUI_frontend src/utils/executionUtil.ts (`graphToPrompt`: muted, bypassed, subgraphs) and the
 * `INPUT_TYPES` of each node in ComfyUI nodes.py and comfy_extras.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../formats/json.ts';
import { PASSING } from './api-form.ts';
import { type Flow, type FlowInput, type FlowNode, INPUT_END, nodeName, OUTPUT_END } from './flow.ts';
import { groupGraph, groupsOf } from './group-nodes.ts';
import { type NamedInput, type Slot, slotsOf, textIn, widgetsOf } from './widget-values.ts';

/** Nodes that are taken in, those of subgraphs once for each use. A workflow of a thousand is a large one. */
const MOST_NODES = 200_000;
/** Subgraphs in subgraphs. */
const DEEPEST = 16;

const MUTED = 2;
const BYPASSED = 4;

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

/** Flattens a saved workflow: nodes of subgraphs and groups get ids such as `12:3`, as ComfyUI itself has it. */
export function editorFlow(value: JsonObject): Flow {
  const flattening = new Flattening(subgraphsOf(value), groupsOf(value));
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
  readonly #groups: ReturnType<typeof groupsOf>;
  /** Values of widgets that stand elsewhere than in their node: those of group nodes. */
  readonly #widgets = new Map<JsonObject, readonly NamedInput[]>();
  /** Values that a use of a subgraph gives to widgets inside, by the id of the node inside. */
  readonly #given = new Map<string, NamedInput[]>();
  /** `SetNode` by the name that it sets, and those that get it. */
  readonly #set = new Map<string, FlowInput>();
  readonly #get: [id: string, name: string][] = [];

  constructor(subgraphs: ReturnType<typeof subgraphsOf>, groups: ReturnType<typeof groupsOf>) {
    this.#subgraphs = subgraphs;
    this.#groups = groups;
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
    const type = textIn(node, 'type');
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
    const inputs = new Map<string, FlowInput>([
      ...(this.#widgets.get(node) ?? widgetsOf(node, type, at)),
      ...(this.#given.get(id) ?? []),
    ]);
    for (const { name, input } of slots) {
      if (input === undefined) continue;
      const value = inputs.get(name)?.value;
      inputs.set(name, { ...input, ...(value === undefined ? {} : { value }) });
    }
    const plain = { id, type, inputs, gives: outputKinds(node) };
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
      const into = this.#intoSubgraph(node, subgraph.graph, slots, id, at);
      this.#expand(plain, subgraph, into, depth);
      return;
    }
    const group = this.#groups.get(type);
    if (group !== undefined) {
      const { graph, widgets, inputs: places, problem } = groupGraph(group, node, at);
      for (const [inside, named] of widgets) this.#widgets.set(inside, named);
      if (problem !== undefined) this.note(`${nodeName(plain)} ${problem}`);
      const into = places.map((slot) => slots[slot]?.input);
      this.#expand(plain, { graph, at: `/extra/groupNodes` }, into, depth);
      return;
    }
    if (type.startsWith('Anything Everywhere')) {
      this.note(`${nodeName(plain)} feeds inputs that have no link: they are not followed`);
    }
    this.nodes.set(id, { ...plain, ...this.#passing(plain, linked[0]?.input) });
  }

  /** Takes in the nodes inside. @param into what stands at each of the inputs */
  #expand(
    plain: FlowNode,
    { graph, at }: { readonly graph: JsonObject; readonly at: string },
    into: readonly (FlowInput | undefined)[],
    depth: number,
  ): void {
    const { id } = plain;
    const given = into.flatMap((input, slot) => (input === undefined ? [] : [[slot, input] as const]));
    this.nodes.set(`${id}:${INPUT_END}`, { ...plain, id: `${id}:${INPUT_END}`, through: new Map(given) });
    this.nodes.set(id, { ...plain, through: new Map() });
    if (depth === DEEPEST)
      this.note(`subgraphs nest more than ${DEEPEST} levels; those below are not looked at`);
    else this.scope(graph, `${id}:`, at, depth + 1);
  }

  /**
   * What a use of a subgraph gives to each of its inputs: a link, or a value of its own. Early editors (2025) write
   * those values in the order of the inputs that are no links; later ones say for each what it belongs to, `-1` for an
   * input, else a node inside.
   */
  #intoSubgraph(
    node: JsonObject,
    graph: JsonObject,
    slots: readonly (Pick<Slot, 'name' | 'widget'> & { readonly input: FlowInput | undefined })[],
    id: string,
    at: string,
  ): readonly (FlowInput | undefined)[] {
    const list = graph.get('inputs');
    const ends = isJsonArray(list)
      ? list.map((end) => (isJsonObject(end) ? textIn(end, 'name') : ''))
      : slots.map(({ name }) => name);
    const own = new Map<string, FlowInput>(this.#given.get(id) ?? []);
    const values = node.get('widgets_values');
    const properties = node.get('properties');
    const said = isJsonObject(properties) ? properties.get('proxyWidgets') : undefined;
    const unlinked = ends.filter((name) => !slots.some((slot) => slot.name === name && !slot.widget));
    const proxies = isJsonArray(said) && said.length > 0 ? said : unlinked.map((name) => ['-1', name]);
    for (const [index, value] of (isJsonArray(values) ? values : []).entries()) {
      const proxy = proxies[index];
      if (!isJsonArray(proxy) || value === null) continue;
      const [inside, name] = [String(proxy[0]), String(proxy[1])];
      const input = { value, pointer: `${at}/widgets_values/${index}` };
      if (inside === '-1') own.set(name, input);
      else this.#given.set(`${id}:${inside}`, [...(this.#given.get(`${id}:${inside}`) ?? []), [name, input]]);
    }
    return ends.map((name) => slots.find((slot) => slot.name === name)?.input ?? own.get(name));
  }

  /** Nodes that only the editor has, and those that hand on what they are given. */
  #passing({ id, type, inputs }: FlowNode, first: FlowInput | undefined): Pick<FlowNode, 'through'> {
    if (type === 'Reroute' || type === 'Reroute (rgthree)') return { through: through(first) };
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
  const found = new Map<number, FlowInput>();
  for (const [slot, kind] of outputKinds(node).entries()) {
    const same = inputs[slot]?.kind === kind ? inputs[slot] : undefined;
    const input = (same ?? inputs.find((each) => each.kind === kind && each.input !== undefined))?.input;
    if (input !== undefined) found.set(slot, input);
  }
  return found;
}

function outputKinds(node: JsonObject): readonly string[] {
  const outputs = node.get('outputs');
  return (isJsonArray(outputs) ? outputs : []).map((output) =>
    isJsonObject(output) ? textIn(output, 'type') : '',
  );
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
