import type { Fact } from '../topology/net.ts';
import type { FindingPlace } from '../rules/rule.ts';
import type { CheckpointSummary, ComponentSummary, FileReport } from './report.ts';
import type { WordedFinding } from './words.ts';

/** What may stand in a JSON report; undefined members are left out. */
export type Json =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Json[]
  | { readonly [key: string]: Json };

// Raw in JSON by its grammar, yet able to act on a terminal that the JSON is printed to, or on a machine that reads its log.
const ACTS = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]|#(?=#[a-zA-Z]*\[)/gu;

/** Indented JSON that means exactly the raw strings, with everything that could act on a terminal or a log as `\uXXXX`. */
export function toJsonText(value: Json): string {
  return `${harmless(JSON.stringify(value, null, 2))}\n`;
}

/** The same in one line. */
export function toJsonLine(value: Json): string {
  return `${harmless(JSON.stringify(value))}\n`;
}

function harmless(text: string): string {
  return text.replace(ACTS, (character) =>
    // UTF-16 units one by one: a tag character beyond the first plane is two
    Array.from({ length: character.length }, (_, index) => unitEscape(character.charCodeAt(index))).join(''),
  );
}

/** One line whose keys are sorted at every depth: equal values give equal texts. */
export function toSortedJson(value: Json): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function unitEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** A map as an object, its keys sorted; `fromEntries` makes even `__proto__` an ordinary key. */
export function fromMap<T>(map: ReadonlyMap<string, T>, each: (value: T) => Json): { [key: string]: Json } {
  const sorted = [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(sorted.map(([key, value]) => [key, each(value)]));
}

export function factJson({ value, known, from }: Fact<number | string>): Json {
  return { value, known, from };
}

export function checkpointJson(checkpoint: CheckpointSummary): Json {
  return {
    container: checkpoint.container,
    size: checkpoint.size,
    files: checkpoint.files.map(({ path, size, sha256 }) => ({ path, size, sha256 })),
    tensors: checkpoint.tensors,
    parameters: checkpoint.parameters,
    dtypes: fromMap(checkpoint.dtypes, (count) => count),
  };
}

export function componentJson(component: ComponentSummary): { readonly [key: string]: Json } {
  return {
    kind: component.kind,
    id: component.id,
    title: component.title,
    part: component.part,
    variant: component.variant,
    prefix: component.prefix,
    tensors: component.tensors,
    parameters: component.parameters,
    dtypes: fromMap(component.dtypes, (count) => count),
    facts: fromMap(component.facts, factJson),
    dialect: component.dialect,
  };
}

/** @param beside further members of the same object */
export function findingJson(
  { finding, name, words }: WordedFinding,
  beside: { readonly [key: string]: Json } = {},
): Json {
  return {
    rule: finding.rule,
    name,
    severity: finding.severity,
    words: {
      what: words.what,
      found: words.found,
      expected: words.expected,
      evidence: words.evidence,
      fix: words.fix,
    },
    place: placeJson(finding.place),
    related: finding.related.map(placeJson),
    args: fromMap(new Map(Object.entries(finding.args)), (value) => value),
    ...beside,
  };
}

function placeJson(place: FindingPlace): Json {
  return {
    file: place.file,
    bytes: place.bytes && { offset: place.bytes.offset, length: place.bytes.length },
    tensor: place.tensor,
    block: place.block,
    component: place.component,
    pointer: place.pointer,
  };
}

/** What a file's failure and unchecked pieces look like in every JSON report. */
export function incompleteJson(file: FileReport): { readonly [key: string]: Json } {
  return {
    unchecked: file.unchecked.map(({ path, reason }) => ({ path, reason })),
    failure: file.failure && {
      kind: file.failure.kind,
      reason: file.failure.reason,
      hint: file.failure.hint,
    },
  };
}
