/** What `ungarble.config` says. Ajv comes with this module, so it is imported only where there is a config. */
import schema from '../../schemas/config.schema.json' with { type: 'json' };
import type { ConfigIssue } from '../components/config-report.ts';
import { schemaCheck } from '../components/schema-issues.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../formats/json.ts';
import type { FailOn } from '../report/report.ts';
import { rules } from '../rules/index.ts';
import type { Severity } from '../rules/rule.ts';
import { globMatcher } from './glob.ts';

/** What a rule's findings count as. */
type Level = Severity | 'off';

/** Findings that are no fault here, and why. */
export interface Ignore {
  /** A rule or an area. */
  readonly rule: string;
  readonly files?: readonly string[];
  readonly tensor?: string;
  readonly block?: string;
  readonly reason: string;
}

/** A setup, and which models are run with it; all where none is named. */
interface SetupFor {
  readonly setup: string;
  readonly files?: readonly string[];
}

/** How a folder of models is checked. Paths are as they stand there. */
export interface Config {
  readonly files?: readonly string[];
  /** Patterns of what is not looked at where it is found, and not named. */
  readonly exclude?: readonly string[];
  readonly setups: readonly SetupFor[];
  /** By rule or area. */
  readonly rules: ReadonlyMap<string, Level>;
  readonly ignores: readonly Ignore[];
  readonly budgets: {
    readonly files?: number;
    /** In bytes. */
    readonly memory?: number;
    readonly seconds?: number;
  };
  readonly failOn?: FailOn;
  readonly formats?: readonly string[];
  readonly baseline?: string;
}

const check = schemaCheck(schema, (pointer) => pointer);

/** The config of a document, or everything in it that cannot be, each with what would be right. */
export function readConfig(
  value: JsonValue,
): { readonly config: Config } | { readonly issues: readonly ConfigIssue[] } {
  const faults = check(value);
  if (faults.length > 0 || !isJsonObject(value)) return { issues: faults };
  const issues = [...unknownRules(value), ...wrongPatterns(value)];
  return issues.length > 0 ? { issues } : { config: configOf(value) };
}

/** The schema has let it pass: every cast below is what it holds a place to. */
function configOf(value: JsonObject): Config {
  const budgets = objectOf(value.get('budgets'));
  const memory = budgets.get('memory');
  const failOn = value.get('failOn');
  const baseline = value.get('baseline');
  return {
    ...listIn(value, 'files'),
    ...listIn(value, 'exclude'),
    setups: listOf(value.get('setups'), (one) => ({
      setup: String(one.get('setup')),
      ...listIn(one, 'files'),
    })),
    rules: new Map([...objectOf(value.get('rules'))].map(([rule, level]) => [rule, level as Level])),
    ignores: listOf(value.get('ignores'), (one) => ({
      rule: String(one.get('rule')),
      ...listIn(one, 'files'),
      ...textIn(one, 'tensor'),
      ...textIn(one, 'block'),
      reason: String(one.get('reason')),
    })),
    budgets: {
      ...numberIn(budgets, 'files'),
      ...(memory === undefined ? {} : { memory: bytesOf(String(memory)) }),
      ...numberIn(budgets, 'seconds'),
    },
    ...(failOn === undefined ? {} : { failOn: failOn as FailOn }),
    ...listIn(value, 'formats'),
    ...(baseline === undefined ? {} : { baseline: String(baseline) }),
  };
}

const UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 };

function bytesOf(text: string): number {
  const unit = /[A-Z].*$/i.exec(text)?.[0] ?? '';
  return Math.round(Number.parseFloat(text) * (UNITS[unit] ?? 1));
}

/** Rules that there are not: a typing error would silence nothing, and nobody would notice. */
function unknownRules(value: JsonObject): readonly ConfigIssue[] {
  const known = new Set(rules.flatMap(({ id }) => [id as string, areaOf(id)]));
  const issue = (pointer: string, rule: string): ConfigIssue[] =>
    known.has(rule)
      ? []
      : [
          {
            pointer,
            found: JSON.stringify(rule),
            expected: 'a rule or an area; ungarble explain lists all rules',
          },
        ];
  return [
    ...[...objectOf(value.get('rules')).keys()].flatMap((rule) => issue('/rules', rule)),
    ...listOf(value.get('ignores'), (one) => String(one.get('rule'))).flatMap((rule, index) =>
      issue(`/ignores/${index}/rule`, rule),
    ),
  ];
}

function wrongPatterns(value: JsonObject): readonly ConfigIssue[] {
  const patterns = (key: string, fields: readonly string[]) =>
    listOf(value.get(key), (one) => one).flatMap((one, index) => patternsOf(one, `/${key}/${index}`, fields));
  const excluded = stringsOf(value.get('exclude')).map((text, at) => [`/exclude/${at}`, text] as const);
  return [...excluded, ...patterns('setups', []), ...patterns('ignores', ['tensor', 'block'])].flatMap(
    ([pointer, text]) => {
      try {
        globMatcher(text);
        return [];
      } catch (error) {
        const problem = error instanceof SyntaxError ? error.message : String(error);
        return [{ pointer, found: JSON.stringify(text), expected: `a pattern (this one has ${problem})` }];
      }
    },
  );
}

/** The patterns of an object, each with its place. */
function patternsOf(
  one: JsonObject,
  pointer: string,
  fields: readonly string[],
): readonly (readonly [pointer: string, pattern: string])[] {
  const files = stringsOf(one.get('files')).map((text, at) => [`${pointer}/files/${at}`, text] as const);
  const others = fields
    .filter((field) => one.has(field))
    .map((field) => [`${pointer}/${field}`, String(one.get(field))] as const);
  return [...files, ...others];
}

/** `TOPO` of `TOPO003`. */
export function areaOf(rule: string): string {
  return rule.replace(/\d+$/, '');
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : new Map();
}

function listOf<T>(value: JsonValue | undefined, each: (one: JsonObject) => T): readonly T[] {
  return isJsonArray(value) ? value.filter(isJsonObject).map(each) : [];
}

function stringsOf(value: JsonValue | undefined): readonly string[] {
  return isJsonArray(value) ? value.map(String) : [];
}

function listIn<K extends string>(object: JsonObject, key: K): { readonly [name in K]?: readonly string[] } {
  const list = object.get(key);
  return (list === undefined ? {} : { [key]: stringsOf(list) }) as { [name in K]?: readonly string[] };
}

function textIn<K extends string>(object: JsonObject, key: K): { readonly [name in K]?: string } {
  const text = object.get(key);
  return (text === undefined ? {} : { [key]: String(text) }) as { [name in K]?: string };
}

function numberIn<K extends string>(object: JsonObject, key: K): { readonly [name in K]?: number } {
  const number = object.get(key);
  return (number === undefined ? {} : { [key]: Number(number) }) as { [name in K]?: number };
}
