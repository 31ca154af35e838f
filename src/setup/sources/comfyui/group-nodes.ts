/**
 * Group nodes: several nodes that the editor showed as one, from late 2023 until subgraphs took their place in 2025.
 * Their definitions stand under `extra.groupNodes`; a use of one has the values of all widgets inside in one row.
 * Source: ComfyUI_frontend src/extensions/core/groupNode.ts.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../../formats/json.ts';
import { INPUT_END, OUTPUT_END } from './flow.ts';
import { type NamedInput, slotsOf, textIn, valuesNamed, widgetsOf } from './widget-values.ts';

/** A use of a group node as the graph inside it. */
interface GroupGraph {
  /** Nodes and links as those of a subgraph; ids are the places in the group, as ComfyUI runs them. */
  readonly graph: JsonObject;
  /** Of each node in it, its widgets' values, which stand in the use. */
  readonly widgets: ReadonlyMap<JsonObject, readonly NamedInput[]>;
  /** Which of the inputs from outside stands at which input of the use. */
  readonly inputs: readonly number[];
  readonly problem?: string;
}

/** The definitions of group nodes, by the type that a use of one has: `workflow/name`, later `workflow>name`. */
export function groupsOf(workflow: JsonObject): ReadonlyMap<string, JsonObject> {
  const extra = workflow.get('extra');
  const groups = isJsonObject(extra) ? extra.get('groupNodes') : undefined;
  const found = new Map<string, JsonObject>();
  for (const [name, group] of isJsonObject(groups) ? groups : []) {
    if (!isJsonObject(group)) continue;
    found.set(`workflow/${name}`, group).set(`workflow>${name}`, group);
  }
  return found;
}

/** @param at JSON pointer of the use */
export function groupGraph(group: JsonObject, use: JsonObject, at: string): GroupGraph {
  const list = group.get('nodes');
  const nodes = (isJsonArray(list) ? list : []).filter(isJsonObject);
  const inner = innerLinks(group, nodes.length);
  const linked = new Set(inner.map(({ to, toSlot }) => `${to} ${toSlot}`));
  const leaving = new Set(inner.map(({ from, slot }) => `${from} ${slot}`));
  const external = externalsOf(group, nodes);
  const links: JsonObject[] = [];
  const incoming = new Map<string, number>();
  const link = (from: number, slot: number, to: number, toSlot: number): void => {
    const id = links.length;
    links.push(
      new Map([
        ['id', id],
        ['origin_id', from],
        ['origin_slot', slot],
        ['target_id', to],
        ['target_slot', toSlot],
      ]),
    );
    incoming.set(`${to} ${toSlot}`, id);
  };
  for (const { from, slot, to, toSlot } of inner) link(from, slot, to, toSlot);
  let ins = 0;
  let outs = 0;
  for (const [index, node] of nodes.entries()) {
    for (const [slot, { widget }] of slotsOf(node).entries()) {
      if (!widget && !linked.has(`${index} ${slot}`)) link(INPUT_END, ins++, index, slot);
    }
    for (let slot = 0; slot < outputsOf(node); slot++) {
      const at = `${index} ${slot}`;
      if ((leaving.has(at) && !external.has(at)) || hidden(group, index, slot)) continue;
      link(index, slot, OUTPUT_END, outs++);
    }
  }
  const inputs = slotsOf(use).flatMap(({ widget }, slot) => (widget ? [] : [slot]));
  const { widgets, problem } = widgetsInside(nodes, linked, use, at);
  const placed = nodes.map((node, index) => withLinks(node, index, incoming));
  return {
    graph: new Map<string, JsonValue>([
      ['nodes', placed],
      ['links', links],
    ]),
    widgets: new Map(placed.map((node, index) => [node, widgets[index] ?? []])),
    inputs,
    ...(inputs.length !== ins
      ? { problem: `has ${inputs.length} inputs, and ${ins} in its definition` }
      : problem === undefined
        ? {}
        : { problem }),
  };
}

interface InnerLink {
  readonly from: number;
  readonly slot: number;
  readonly to: number;
  readonly toSlot: number;
}

/** Links between nodes of the group, by their places in it; those from outside have no place that they come from. */
function innerLinks(group: JsonObject, count: number): readonly InnerLink[] {
  const list = group.get('links');
  const inside = (value: JsonValue | undefined): value is number =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < count;
  return (isJsonArray(list) ? list : []).flatMap((each) => {
    const [from, slot, to, toSlot] = isJsonArray(each) ? each : [];
    if (!inside(from) || !inside(to) || typeof slot !== 'number' || typeof toSlot !== 'number') return [];
    return [{ from, slot, to, toSlot }];
  });
}

/** Outputs that are given out although they are used inside too: `[place or node, output, type]`. */
function externalsOf(group: JsonObject, nodes: readonly JsonObject[]): ReadonlySet<string> {
  const list = group.get('external');
  const places = (isJsonArray(list) ? list : []).flatMap((each) => {
    const [node, slot] = isJsonArray(each) ? each : [];
    // a number is the place; the node itself says its place, or is it by its type
    const place = isJsonObject(node)
      ? (node.get('index') ?? nodes.findIndex((other) => other.get('type') === node.get('type')))
      : node;
    return [`${String(place)} ${String(slot)}`];
  });
  return new Set(places);
}

function outputsOf(node: JsonObject): number {
  const outputs = node.get('outputs');
  return isJsonArray(outputs) ? outputs.length : 0;
}

/** Whether the group's settings hide an output of a node. A widget that they hide keeps its value in the row. */
function hidden(group: JsonObject, index: number, slot: number): boolean {
  let said: JsonValue | undefined = group.get('config');
  for (const key of [String(index), 'output', String(slot), 'visible']) {
    said = isJsonObject(said) ? said.get(key) : undefined;
  }
  return said === false;
}

/** Shares the values of a use out among the nodes inside: they stand there node by node. */
function widgetsInside(
  nodes: readonly JsonObject[],
  linked: ReadonlySet<string>,
  use: JsonObject,
  at: string,
): { readonly widgets: readonly (readonly NamedInput[])[]; readonly problem?: string } {
  const said = use.get('widgets_values');
  const values = isJsonArray(said) ? said : [];
  let next = 0;
  let short = false;
  const widgets = nodes.map((node, index) => {
    const type = textIn(node, 'type');
    const own = widgetsOf(node, type, '').map(([name]) => name);
    const slots = slotsOf(node);
    const shown = own.filter((name) => {
      const slot = slots.findIndex((each) => each.name === name);
      return !linked.has(`${index} ${slot}`);
    });
    const raw = node.get('widgets_values');
    // of a class that is not known the names are not known either: its values are stepped over
    if (own.length === 0) next += isJsonArray(raw) ? raw.length : 0;
    const share = valuesNamed(values, shown, `${at}/widgets_values`, next);
    if (own.length > 0) next = share.next;
    short ||= share.named.length < shown.length;
    return share.named;
  });
  if (next === values.length && !short) return { widgets };
  return { widgets: [], problem: 'has other values than its definition: they were not told apart' };
}

/** A node of the definition with its place as its id, and with the links of the graph that it is put into. */
function withLinks(node: JsonObject, index: number, incoming: ReadonlyMap<string, number>): JsonObject {
  const inputs = node.get('inputs');
  const tied = (isJsonArray(inputs) ? inputs : []).map((input, slot): JsonValue => {
    const link = incoming.get(`${index} ${slot}`);
    return isJsonObject(input) ? new Map([...input, ['link', link ?? null]]) : input;
  });
  const kept = [...node].filter(([key]) => key !== 'widgets_values');
  return new Map<string, JsonValue>([...kept, ['id', index], ['inputs', tied]]);
}
