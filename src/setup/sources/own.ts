/** `setup.yaml` or `setup.json` of our own: the normalised form itself, each field with or without its source. */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../formats/json.ts';
import type { Known } from '../../topology/net.ts';
import { type Setup, SETUP_KEYS, type SetupFields, type SetupProgram, type Told } from '../setup.ts';
import type { SetupSource } from './source.ts';

const KEYS: ReadonlySet<string> = new Set([...SETUP_KEYS, 'format', 'name', 'program', 'notes']);

export const own: SetupSource = {
  title: 'a setup of ungarble',
  match: ({ path, value }) => {
    if (!isJsonObject(value) || value.has('_class_name')) return false;
    if (String(value.get('format')).startsWith('ungarble/setup')) return true;
    const known = [...value.keys()].filter((key) => KEYS.has(key)).length;
    if (/(?:^|[/\\._-])setup\.(?:ya?ml|json)$/i.test(path)) return known > 0 || value.size === 0;
    return known * 2 > value.size;
  },
  async read({ path, value }) {
    const { documentIssues } = await import('../schemas.ts');
    const issues = value === undefined ? [] : documentIssues('setup', value);
    if (!isJsonObject(value) || issues.length > 0) return { setups: [], issues };
    return { setups: [setupOf(path, value)] };
  },
};

/** The fields of an object that its schema has let pass. */
export function fieldsOf(path: string, value: JsonObject): SetupFields {
  const fields: [string, Told<unknown>][] = [];
  for (const key of SETUP_KEYS) {
    const said = value.get(key);
    if (said !== undefined) fields.push([key, told(path, key, said)]);
  }
  // keys and kinds of values are those of the schema
  return Object.fromEntries(fields) as SetupFields;
}

function setupOf(path: string, value: JsonObject): Setup {
  const notes = value.get('notes');
  const name = value.get('name');
  return {
    name: typeof name === 'string' ? `${path} (${name})` : path,
    program: (value.get('program') ?? 'ungarble') as SetupProgram,
    fields: fieldsOf(path, value),
    notes: isJsonArray(notes) ? notes.map(String) : [],
  };
}

/** A field that is plain, or the object `{ value, known, from, file, pointer }`. */
function told(path: string, key: string, said: JsonValue): Told<unknown> {
  const plain = { known: 'declared' as const, from: `${path} ${key}`, file: path, pointer: `/${key}` };
  if (!isJsonObject(said) || !said.has('value')) return { value: toPlain(said), ...plain };
  const text = (name: 'from' | 'file' | 'pointer') => {
    const found = said.get(name);
    return typeof found === 'string' ? { [name]: found } : {};
  };
  const known = said.get('known');
  return {
    value: toPlain(said.get('value') ?? null),
    ...plain,
    ...(typeof known === 'string' ? { known: known as Known } : {}),
    ...text('from'),
    ...text('file'),
    ...text('pointer'),
  };
}

/** Plain data of a value that its schema has let pass: the keys of its objects are ours. */
function toPlain(value: JsonValue): unknown {
  if (isJsonArray(value)) return value.map(toPlain);
  if (!isJsonObject(value)) return typeof value === 'bigint' ? Number(value) : value;
  return Object.fromEntries([...value].map(([key, item]) => [key, toPlain(item)]));
}
