import { JsonCursor } from '../../formats/json-cursor.ts';
import { JsonSyntaxError } from '../../formats/json-syntax.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../formats/json.ts';
import { PromptError, quoted } from './problem.ts';

/** What a byte-pair encoding goes by. */
export interface Vocabulary {
  /** Token to id: whole numbers below `ID_SPAN`, no two alike. */
  readonly tokens: ReadonlyMap<string, number>;
  /** Pairs of tokens that become one, the most eager first. */
  readonly merges: readonly Merge[];
}

type Merge = readonly [left: string, right: string];

/** A file that a tokenizer is read from. */
export interface TokenizerFile {
  /** The name people are shown. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Ids lie below this, so that a pair of them is one exact number. */
export const ID_SPAN = 2 ** 20;

/** Tokens and merges of one vocabulary. CLIP has 49,408; the largest of any text encoder in use has 262,144. */
const MAX_TOKENS = 300_000;

/** Bytes of what stands in `tokenizer.json` beside tokens and merges. CLIP's added tokens take 500. */
const MAX_ASIDE = 1 << 20;

/** Reads `vocab.json`: an object of tokens and their ids. @throws {PromptError} */
export function readVocabJson(file: TokenizerFile): ReadonlyMap<string, number> {
  return reading(file, (cursor) => readTokens(cursor, file.name));
}

/**
 * Reads `merges.txt`: two tokens a line, after a line with the version.
 * Source: tokenizers, `BPE::read_file`.
 * @throws {PromptError}
 */
export function readMergesText({ name, bytes }: TokenizerFile): readonly Merge[] {
  const merges: Merge[] = [];
  const text = new TextDecoder().decode(bytes);
  let line = 0;
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed;
    const pair = text.slice(start, end).replace(/\r$/, '');
    start = end + 1;
    line += 1;
    if (pair === '' || pair.startsWith('#version')) continue;
    merges.push(asMerge(pair, `line ${line} of ${name}`));
    checkCount(merges.length, 'merges', name);
  }
  return merges;
}

/** A `tokenizer.json` that encodes as CLIP does. */
export interface TokenizerJson extends Vocabulary {
  /** `added_tokens` as it stands there. */
  readonly added: readonly JsonValue[];
}

/**
 * Reads `tokenizer.json`. Its expressions are never run: a file whose normaliser and splitting are not CLIP's
 * own is refused.
 * @throws {PromptError}
 */
export function readTokenizerJson(file: TokenizerFile): TokenizerJson {
  return reading(file, (cursor) => {
    let tokens: ReadonlyMap<string, number> | undefined;
    let merges: readonly Merge[] = [];
    const aside = new Map<string, JsonValue>();
    const model = new Map<string, JsonValue>();
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      if (key === 'added_tokens' || key === 'normalizer' || key === 'pre_tokenizer') {
        aside.set(key, readAside(cursor, key, file));
      } else if (key === 'model') {
        cursor.enterObject();
        for (let part = cursor.nextKey(); part !== undefined; part = cursor.nextKey()) {
          if (part === 'vocab' && cursor.kind() === 'object') tokens = readTokens(cursor, file.name);
          else if (part === 'merges' && cursor.kind() === 'array') merges = readMerges(cursor, file.name);
          else model.set(part, readAside(cursor, part, file));
        }
      } else cursor.skip();
    }
    const difference = differenceFromClip(model, aside);
    if (difference !== undefined) {
      throw new PromptError(
        `${file.name} is no tokenizer of CLIP's (${difference}); lay CLIP's vocab.json and merges.txt in the folder`,
      );
    }
    if (tokens === undefined) throw new PromptError(`${file.name} has no model.vocab with tokens in it`);
    const added = aside.get('added_tokens');
    return { tokens, merges, added: isJsonArray(added) ? added : [] };
  });
}

/** The patterns that CLIP's tokenizers split with: the second is transformers 5's, to the same effect. */
const SPLITS: ReadonlySet<string> = new Set([
  String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`,
  String.raw`<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`,
]);

/** In what a `tokenizer.json` differs from CLIP's; undefined where it does not. Source: transformers, `CLIPTokenizer`. */
function differenceFromClip(model: JsonObject, aside: JsonObject): string | undefined {
  if (model.get('type') !== 'BPE') return 'its model is not BPE';
  if (model.get('end_of_word_suffix') !== '</w>') return 'its words do not end in “</w>”';
  for (const key of ['byte_fallback', 'ignore_merges', 'fuse_unk', 'dropout', 'continuing_subword_prefix']) {
    if (model.get(key)) return `its model sets ${key}`;
  }
  const normalizer = steps(aside.get('normalizer'), 'normalizers');
  if (normalizer.map(typeOf).join() !== 'NFC,Replace,Lowercase') return 'its normalizer is another';
  const [, spaces] = normalizer;
  if (patternOf(spaces) !== String.raw`\s+` || spaces?.get('content') !== ' ')
    return 'its normalizer is another';
  const splitting = steps(aside.get('pre_tokenizer'), 'pretokenizers');
  const [split, bytes] = splitting;
  const known =
    splitting.map(typeOf).join() === 'Split,ByteLevel' &&
    SPLITS.has(patternOf(split) ?? '') &&
    split?.get('invert') === true &&
    bytes?.get('add_prefix_space') === false;
  return known ? undefined : 'its pre_tokenizer is another';
}

function steps(sequence: JsonValue | undefined, key: string): readonly JsonObject[] {
  const items = isJsonObject(sequence) ? sequence.get(key) : undefined;
  return isJsonArray(items) ? items.filter(isJsonObject) : [];
}

function typeOf(step: JsonObject): JsonValue | undefined {
  return step.get('type');
}

function patternOf(step: JsonObject | undefined): string | undefined {
  const pattern = step?.get('pattern');
  const regex = isJsonObject(pattern) ? pattern.get('Regex') : undefined;
  return typeof regex === 'string' ? regex : undefined;
}

function reading<T>({ name, bytes }: TokenizerFile, read: (cursor: JsonCursor) => T): T {
  try {
    const cursor = new JsonCursor(bytes);
    const value = read(cursor);
    cursor.end();
    return value;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { expected, offset, found } = error;
    throw new PromptError(`${name} is broken: ${expected} expected at byte ${offset}, found ${found}`);
  }
}

function readTokens(cursor: JsonCursor, name: string): ReadonlyMap<string, number> {
  const tokens = new Map<string, number>();
  const taken = new Set<number>();
  cursor.enterObject();
  for (let token = cursor.nextKey(); token !== undefined; token = cursor.nextKey()) {
    const id = cursor.unsigned();
    if (typeof id !== 'number' || id >= ID_SPAN) {
      throw new PromptError(
        `${name} gives the token ${quoted(token)} no whole number below ${ID_SPAN} as its id`,
      );
    }
    if (taken.has(id)) throw new PromptError(`${name} gives two tokens the id ${id}`);
    taken.add(id);
    tokens.set(token, id);
    checkCount(tokens.size, 'tokens', name);
  }
  return tokens;
}

/** Merges in `tokenizer.json`: `"a b"`, or `["a", "b"]` since tokenizers 0.20. */
function readMerges(cursor: JsonCursor, name: string): readonly Merge[] {
  const merges: Merge[] = [];
  cursor.enterArray();
  while (cursor.nextItem()) {
    const where = `merge ${merges.length + 1} of ${name}`;
    if (cursor.kind() === 'array') {
      const pair: string[] = [];
      cursor.enterArray();
      while (cursor.nextItem()) pair.push(cursor.string());
      merges.push(asMerge(pair.join(' '), where));
    } else merges.push(asMerge(cursor.string(), where));
    checkCount(merges.length, 'merges', name);
  }
  return merges;
}

function asMerge(pair: string, where: string): Merge {
  const [left, right, ...more] = pair.split(' ');
  if (left && right && more.length === 0) return [left, right];
  throw new PromptError(`${where} is not two tokens with a space between them`);
}

/** Reads a small value as a tree. */
function readAside(cursor: JsonCursor, key: string, file: TokenizerFile): JsonValue {
  const start = cursor.pos;
  cursor.skip();
  if (cursor.pos - start > MAX_ASIDE) {
    throw new PromptError(
      `${file.name} has more than ${MAX_ASIDE} bytes of ${key}, which no tokenizer needs`,
    );
  }
  return parseJson(file.bytes.subarray(start, cursor.pos)).value ?? null;
}

function checkCount(count: number, what: string, name: string): void {
  if (count <= MAX_TOKENS) return;
  throw new PromptError(`${name} has more than ${MAX_TOKENS} ${what}, which no text encoder has`);
}
