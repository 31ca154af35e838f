/**
 * Holds JSON of other programs to a JSON Schema, with messages that a person can act on. Ajv is loaded with this
 * module, so it is imported only when there is something to check: opening a single file never pays for it.
 */
import { Ajv2020, type ErrorObject, type SchemaObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { isJsonArray, isJsonObject, type JsonValue } from '../formats/json.ts';
import type { ConfigIssue } from './config-report.ts';

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, verbose: true });

/** Says what in a value its schema does not allow. */
type SchemaCheck = (value: JsonValue) => readonly ConfigIssue[];

/** Most issues that are told of one document: a workflow of 10⁵ wrong nodes is told by its first ones. */
const MOST_ISSUES = 20;

/**
 * The check of a schema, which is compiled at its first use. It gives one issue a key: of several errors about one, that
 * which goes deepest.
 */
export function schemaCheck(schema: SchemaObject, keyOf: (pointer: string) => string): SchemaCheck {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= ajv.compile(schema);
    if (validate(plain(value))) return [];
    const issues = new Map<string, ConfigIssue>();
    for (const error of validate.errors ?? []) {
      const issue = issueOf(error, schema, value);
      const key = keyOf(issue.pointer);
      const other = issues.get(key);
      if (other === undefined && issues.size === MOST_ISSUES) break;
      if (other === undefined || issue.pointer.length > other.pointer.length) issues.set(key, issue);
    }
    return [...issues.values()];
  };
}

/** The first part of a JSON pointer, unescaped. */
export function topKey(pointer: string): string {
  return unescaped(pointer.split('/')[1] ?? '');
}

/** What Ajv reads. Objects get no prototype, so that a key `__proto__` is a key like any other. */
function plain(value: JsonValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (isJsonArray(value)) return value.map(plain);
  if (!isJsonObject(value)) return value;
  const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, item] of value) object[key] = plain(item);
  return object;
}

function issueOf(error: ErrorObject, schema: SchemaObject, value: JsonValue): ConfigIssue {
  const { instancePath, keyword, params } = error;
  const missing =
    keyword === 'required' ? (params as { missingProperty: string }).missingProperty : undefined;
  const extra =
    keyword === 'additionalProperties'
      ? (params as { additionalProperty: string }).additionalProperty
      : undefined;
  const pointer = `${instancePath}${[missing, extra].map((key) => (key === undefined ? '' : `/${escaped(key)}`)).join('')}`;
  const stands = missing === undefined ? show(at(value, pointer)) : 'nothing';
  if (extra !== undefined) return { pointer, found: stands, expected: 'no such key' };
  return { pointer, found: stands, expected: expected(error, missing, schema, pointer) };
}

/** The schema's own words for what is right there: those of the nearest schema that has any. */
function expected(
  { parentSchema }: ErrorObject,
  missing: string | undefined,
  schema: SchemaObject,
  pointer: string,
): string {
  const own = parentSchema as Described | undefined;
  const nearest = missing === undefined ? own?.description : descriptionOf(own, missing);
  return nearest ?? descriptionOf(schema as Described, topKey(pointer)) ?? 'a JSON object';
}

interface Described {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Described>>;
}

function descriptionOf(schema: Described | undefined, key: string): string | undefined {
  const properties = schema?.properties ?? {};
  return Object.hasOwn(properties, key) ? properties[key]?.description : undefined;
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function at(value: JsonValue, pointer: string): JsonValue | undefined {
  let found: JsonValue | undefined = value;
  for (const part of pointer.split('/').slice(1).map(unescaped)) {
    if (isJsonObject(found)) found = found.get(part);
    else found = isJsonArray(found) ? found[Number(part)] : undefined;
  }
  return found;
}

const LONGEST = 60;

function show(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'bigint' ? String(value) : JSON.stringify(plain(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
