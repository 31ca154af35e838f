/**
 * Checks configs against their JSON Schemas. Ajv and the schemas are loaded with this module, so it is imported
 * only when there is a config: opening a single file never pays for them.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import modelIndex from '../../schemas/model-index.schema.json' with { type: 'json' };
import scheduler from '../../schemas/scheduler-config.schema.json' with { type: 'json' };
import textEncoder from '../../schemas/text-encoder-config.schema.json' with { type: 'json' };
import unet from '../../schemas/unet-config.schema.json' with { type: 'json' };
import vae from '../../schemas/vae-config.schema.json' with { type: 'json' };
import { isJsonArray, isJsonObject, type JsonValue } from '../formats/json.ts';
import type { ConfigIssue, ConfigKind } from './config-report.ts';

const SCHEMAS = { unet, vae, 'text-encoder': textEncoder, 'model-index': modelIndex, scheduler } as const;

const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
const compiled = new Map<ConfigKind, ValidateFunction>();

/** Everything in the config that its schema does not allow, one issue a key. */
export function schemaIssues(kind: ConfigKind, value: JsonValue): readonly ConfigIssue[] {
  let validate = compiled.get(kind);
  if (validate === undefined) compiled.set(kind, (validate = ajv.compile(SCHEMAS[kind])));
  if (validate(plain(value))) return [];
  const issues = new Map<string, ConfigIssue>();
  for (const error of validate.errors ?? []) {
    const issue = issueOf(error, kind, value);
    const key = topKey(issue.pointer);
    const other = issues.get(key);
    // of several errors about one key, the one that goes deepest shows the culprit
    if (other === undefined || issue.pointer.length > other.pointer.length) issues.set(key, issue);
  }
  return [...issues.values()];
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

function issueOf(
  { instancePath, keyword, params }: ErrorObject,
  kind: ConfigKind,
  value: JsonValue,
): ConfigIssue {
  const missing =
    keyword === 'required' ? (params as { missingProperty: string }).missingProperty : undefined;
  const pointer = missing === undefined ? instancePath : `${instancePath}/${missing}`;
  return {
    pointer,
    found: missing === undefined ? show(at(value, pointer)) : 'nothing',
    expected: expected(kind, pointer),
  };
}

/** The schema's own words for what is right there. */
function expected(kind: ConfigKind, pointer: string): string {
  const key = topKey(pointer);
  const properties: Readonly<Record<string, { readonly description?: string }>> = SCHEMAS[kind].properties;
  return (Object.hasOwn(properties, key) ? properties[key]?.description : undefined) ?? 'a JSON object';
}

function topKey(pointer: string): string {
  return (pointer.split('/')[1] ?? '').replaceAll('~1', '/').replaceAll('~0', '~');
}

function at(value: JsonValue, pointer: string): JsonValue | undefined {
  let found: JsonValue | undefined = value;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (isJsonObject(found)) found = found.get(key);
    else found = isJsonArray(found) ? found[Number(key)] : undefined;
  }
  return found;
}

const LONGEST = 60;

function show(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'bigint' ? String(value) : JSON.stringify(plain(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
