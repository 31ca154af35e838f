/** The values of a node's widgets, which the editor saves in their order, by name. */
import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  pointerPart,
} from '../../../formats/json.ts';
import type { FlowInput } from './flow.ts';
import { CONTROL_WORDS, WIDGETS } from './widgets.ts';

export type NamedInput = readonly [name: string, input: FlowInput];

/** An input of a saved node. */
export interface Slot {
  readonly name: string;
  readonly type: string;
  readonly link: number | undefined;
  /** Whether it was made of a widget, whose value stands among the others. */
  readonly widget: boolean;
}

/** A text of a node, or a number as one; '' for anything else, which editors do not write. */
export function textIn(object: JsonObject, key: string): string {
  const value = object.get(key);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

export function slotsOf(node: JsonObject): readonly Slot[] {
  const inputs = node.get('inputs');
  return (isJsonArray(inputs) ? inputs : []).map((input) => {
    const object: JsonObject = isJsonObject(input) ? input : new Map<string, JsonValue>();
    const link = object.get('link');
    return {
      name: textIn(object, 'name'),
      type: textIn(object, 'type'),
      widget: isJsonObject(object.get('widget')),
      link: typeof link === 'number' ? link : undefined,
    };
  });
}

/**
 * The values of a node's widgets by name. Newer editors write the names too; else they stand in the order of the
 * widgets. Names come from the node's class where it is known, else from the inputs that editors since 2025 write for
 * each widget, else from what only a sampler's values look like.
 * @param at JSON pointer of the node
 */
export function widgetsOf(node: JsonObject, type: string, at: string): readonly NamedInput[] {
  for (const key of ['widgets_values_named', 'widgets_values']) {
    const named = node.get(key);
    if (!isJsonObject(named)) continue;
    return [...named].map(([name, value]) => [name, { value, pointer: `${at}/${key}/${pointerPart(name)}` }]);
  }
  const values = node.get('widgets_values');
  if (!isJsonArray(values)) return [];
  const place = `${at}/widgets_values`;
  const names = WIDGETS.get(type) ?? slotsOf(node).flatMap(({ name, widget }) => (widget ? [name] : []));
  if (names.length > 0) return valuesNamed(values, names, place).named;
  // a constant has one value, whatever its class calls it
  if (values.length === 1) return valuesNamed(values, ['value'], place).named;
  const first = samplerValues(values);
  return first === undefined ? [] : valuesNamed(values, SAMPLER_VALUES, place, first).named;
}

/**
 * Gives values in the order of their widgets a name each. A seed is followed by what the editor does with it after a
 * run: a word, in editors of early 2023 true or false.
 * @returns with them the place after the last value taken
 */
export function valuesNamed(
  values: readonly JsonValue[],
  names: readonly string[],
  place: string,
  first = 0,
): { readonly named: readonly NamedInput[]; readonly next: number } {
  const named: NamedInput[] = [];
  let index = first;
  for (const name of names) {
    if (index >= values.length) break;
    named.push([name, { value: values[index] as JsonValue, pointer: `${place}/${index}` }]);
    index += 1;
    if (SEEDS.has(name) && isControl(values[index])) index += 1;
  }
  return { named, next: index };
}

const SEEDS: ReadonlySet<string> = new Set(['seed', 'noise_seed']);

function isControl(value: JsonValue | undefined): boolean {
  return typeof value === 'boolean' || (typeof value === 'string' && CONTROL_WORDS.has(value));
}

const SAMPLER_VALUES = ['steps', 'cfg', 'sampler_name', 'scheduler'] as const;

/** Layouts of ComfyUI's own. Source: ComfyUI comfy/samplers.py, `SCHEDULER_HANDLERS`. */
const SCHEDULERS: ReadonlySet<JsonValue> = new Set([
  'normal',
  'karras',
  'exponential',
  'sgm_uniform',
  'simple',
  'ddim_uniform',
  'beta',
  'linear_quadratic',
  'kl_optimal',
]);

/**
 * Where steps, guidance, sampler and layout stand in a row. Samplers of node packs keep that order, whatever stands
 * before and after it; undefined where no place or more than one looks so.
 */
function samplerValues(values: readonly JsonValue[]): number | undefined {
  const found = values.flatMap((value, index) => {
    const [steps, cfg, sampler] = values.slice(Math.max(0, index - 3), index);
    const fits =
      index >= 3 &&
      SCHEDULERS.has(value) &&
      typeof sampler === 'string' &&
      typeof cfg === 'number' &&
      typeof steps === 'number' &&
      Number.isInteger(steps) &&
      steps > 0;
    return fits ? [index - 3] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}
