import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  pointerPart,
} from '../../../formats/json.ts';
import type { Flow, FlowInput, FlowNode } from './flow.ts';

/** Whether an object is a workflow in API form: most of its values are nodes. */
export function isApiForm(value: JsonObject): boolean {
  const nodes = [...value.values()].filter((node) => isJsonObject(node) && node.has('class_type'));
  return nodes.length > 0 && nodes.length * 2 >= value.size;
}

/** What ComfyUI runs: `{ "3": { "class_type": "KSampler", "inputs": { "steps": 20, "model": ["4", 0] } } }`. */
export function apiFlow(value: JsonObject): Flow {
  const nodes = new Map<string, FlowNode>();
  for (const [id, node] of value) {
    if (!isJsonObject(node)) continue;
    const type = node.get('class_type');
    const given = node.get('inputs');
    const pointer = `/${pointerPart(id)}/inputs`;
    const inputs = new Map<string, FlowInput>();
    for (const [name, said] of isJsonObject(given) ? given : []) {
      inputs.set(name, inputOf(said, `${pointer}/${pointerPart(name)}`));
    }
    nodes.set(id, { id, type: String(type), inputs, ...passed(String(type), inputs) });
  }
  return { nodes, notes: [] };
}

/** A list of a node's id and an output's number is a link. Source: ComfyUI comfy_execution/graph_utils.py, `is_link`. */
function inputOf(said: JsonValue, pointer: string): FlowInput {
  if (isJsonArray(said) && said.length === 2) {
    const [node, slot] = said;
    if (typeof node === 'string' && typeof slot === 'number') return { link: { node, slot }, pointer };
  }
  return { value: said, pointer };
}

/** Nodes of this form that hand a value or a link on. */
function passed(type: string, inputs: ReadonlyMap<string, FlowInput>): Pick<FlowNode, 'through'> {
  const name = PASSING.get(type);
  const input = name === undefined ? undefined : inputs.get(name);
  return input === undefined ? {} : { through: new Map([[0, input]]) };
}

/** Source: ComfyUI comfy_extras/nodes_primitive.py, and the packs ComfyUI-KJNodes and ComfyUI-Impact-Pack. */
export const PASSING: ReadonlyMap<string, string> = new Map<string, string>([
  ['PrimitiveInt', 'value'],
  ['PrimitiveFloat', 'value'],
  ['PrimitiveString', 'value'],
  ['PrimitiveStringMultiline', 'value'],
  ['PrimitiveBoolean', 'value'],
  ...['INTConstant', 'FloatConstant', 'ImpactInt', 'ImpactFloat'].map((type) => [type, 'value'] as const),
  ['Reroute', ''],
]);
