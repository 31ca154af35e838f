/** Strict, bounded JSON as a tree, for the configs and indexes that lie beside weights. */
import type { ByteRange } from './fault.ts';
import { JsonCursor, type JsonKind } from './json-cursor.ts';
import { type JsonProblem, JsonSyntaxError } from './json-syntax.ts';

/**
 * A JSON value. Objects are Maps, because their keys come from files (`__proto__` is an ordinary name there).
 * An integer that a number cannot hold exactly (beyond ±2⁵³) is a bigint, so that nothing is rounded unseen;
 * every other number is a number.
 */
export type JsonValue = string | number | bigint | boolean | null | readonly JsonValue[] | JsonObject;

export type JsonObject = ReadonlyMap<string, JsonValue>;

/** Whether the value is an object. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return value instanceof Map;
}

/** Whether the value is an array. */
export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Something wrong with a JSON text. */
type JsonFault =
  | {
      readonly kind: 'json-invalid';
      readonly problem: JsonProblem;
      readonly bytes: ByteRange;
      readonly expected: string;
      readonly found: string;
    }
  /** `bytes` is the second of the two keys. The last one counts, as for every loader. */
  | {
      readonly kind: 'json-duplicate-key';
      readonly key: string;
      readonly bytes: ByteRange;
      readonly first: ByteRange;
      readonly pointer: string;
    };

export interface ParsedJson {
  /** Absent when the text is not JSON. */
  readonly value?: JsonValue;
  readonly faults: readonly JsonFault[];
}

/**
 * Reads a JSON text. Never throws for what stands in it. `NaN`, `Infinity` and `-Infinity` are taken too: they
 * are no JSON, but Python writes them, and every DPM++ scheduler that diffusers saves has
 * `"lambda_min_clipped": -Infinity`.
 */
export function parseJson(bytes: Uint8Array): ParsedJson {
  const cursor = new JsonCursor(bytes);
  const faults: JsonFault[] = [];
  try {
    const value = readValue(cursor, '', faults);
    cursor.end();
    return { value, faults };
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return { faults: [...faults, syntaxFault(error)] };
  }
}

function syntaxFault({ problem, offset, length, expected, found }: JsonSyntaxError): JsonFault {
  return { kind: 'json-invalid', problem, bytes: { offset, length }, expected, found };
}

/** Reads the value at the cursor as a tree; `pointer` is its JSON pointer. @throws {JsonSyntaxError} */
function readValue(cursor: JsonCursor, pointer: string, faults: JsonFault[]): JsonValue {
  const nonFinite = cursor.nonFinite();
  if (nonFinite !== undefined) return nonFinite;
  switch (cursor.kind()) {
    case 'object':
      return readObject(cursor, pointer, faults);
    case 'array': {
      const items: JsonValue[] = [];
      cursor.enterArray();
      while (cursor.nextItem()) items.push(readValue(cursor, `${pointer}/${items.length}`, faults));
      return items;
    }
    case 'string':
      return cursor.string();
    case 'number':
      return exactNumber(cursor.number());
    case 'boolean':
      return cursor.boolean();
    case 'null':
      cursor.null();
      return null;
  }
}

function readObject(cursor: JsonCursor, pointer: string, faults: JsonFault[]): JsonObject {
  const object = new Map<string, JsonValue>();
  const keys = new Map<string, ByteRange>();
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
    const bytes = { offset: cursor.keyStart, length: cursor.keyEnd - cursor.keyStart };
    const below = `${pointer}/${pointerPart(key)}`;
    const first = keys.get(key);
    if (first === undefined) keys.set(key, bytes);
    else faults.push({ kind: 'json-duplicate-key', key, bytes, first, pointer: below });
    object.set(key, readValue(cursor, below, faults));
  }
  return object;
}

function exactNumber(lexeme: string): number | bigint {
  const value = Number(lexeme);
  return Number.isSafeInteger(value) || /[.eE]/.test(lexeme) ? value : BigInt(lexeme);
}

/** A key as a part of a JSON pointer (RFC 6901). */
export function pointerPart(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

const ARTICLES: Readonly<Record<JsonKind, string>> = {
  object: 'an object',
  array: 'an array',
  string: 'a string',
  number: 'a number',
  boolean: 'a boolean',
  null: 'null',
};

/** A kind of value in words: `an object`. */
export function kindInWords(kind: JsonKind): string {
  return ARTICLES[kind];
}

/** A value's kind in words: `an object`. */
export function valueInWords(value: JsonValue): string {
  if (value === null) return ARTICLES.null;
  if (isJsonArray(value)) return ARTICLES.array;
  if (isJsonObject(value)) return ARTICLES.object;
  if (typeof value === 'bigint') return ARTICLES.number;
  return `a ${typeof value}`;
}
