/** Reads YAML of strangers as the same trees that JSON gives. Imported only where there is YAML. */
import { type Document, parseDocument } from 'yaml';
import { MAX_JSON_DEPTH, MAX_YAML_ALIASES, MAX_YAML_BYTES } from '../bytes/limits.ts';
import type { JsonValue } from '../formats/json.ts';

/** The tree of a YAML text, or why there is none. */
export type ParsedYaml = { readonly value: JsonValue } | { readonly problem: string };

/**
 * Parses one document of YAML 1.2's core schema. Tags of programs (`!!python/object`) are refused, not resolved;
 * anchors are bounded, so is the nesting. Never throws for what stands in it.
 */
export function parseYaml(text: string): ParsedYaml {
  if (text.length > MAX_YAML_BYTES) return { problem: `it is larger than ${MAX_YAML_BYTES} bytes` };
  if (nesting(text) > MAX_JSON_DEPTH) return { problem: `it nests more than ${MAX_JSON_DEPTH} levels` };
  let document: Document;
  try {
    document = parseDocument(text, { schema: 'core', uniqueKeys: true, prettyErrors: true, merge: false });
    const [fault] = [...document.errors, ...document.warnings];
    if (fault !== undefined) return { problem: (fault.message.split('\n')[0] ?? '').replace(/:$/, '') };
    const value: unknown = document.toJS({ mapAsMap: true, maxAliasCount: MAX_YAML_ALIASES });
    return { value: jsonOf(value, 0) };
  } catch (error) {
    // the parser is recursive, and refuses aliases by throwing
    return { problem: error instanceof RangeError ? 'it nests too deep' : String((error as Error).message) };
  }
}

/** A bound of the depth before anything is parsed: brackets that are open, and columns of indentation. */
function nesting(text: string): number {
  let open = 0;
  let deepest = 0;
  for (const char of text) {
    if (char === '[' || char === '{') deepest = Math.max(deepest, (open += 1));
    else if (char === ']' || char === '}') open = Math.max(0, open - 1);
  }
  return Math.max(deepest, longestDashes(text));
}

/** `- - - - x` is a list in a list in a list. */
function longestDashes(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/(?:[-?] ){2,}/g)) longest = Math.max(longest, run.length / 2);
  return longest;
}

/** A value as JSON has it: keys are texts, and nothing is `undefined`. @throws {RangeError} where it nests too deep. */
function jsonOf(value: unknown, depth: number): JsonValue {
  if (depth > MAX_JSON_DEPTH) throw new RangeError('too deep');
  if (Array.isArray(value)) return value.map((item: unknown) => jsonOf(item, depth + 1));
  if (value instanceof Map) {
    return new Map(
      [...value].map(([key, item]: [unknown, unknown]) => [String(key), jsonOf(item, depth + 1)]),
    );
  }
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
      return value;
    default:
      return null;
  }
}
