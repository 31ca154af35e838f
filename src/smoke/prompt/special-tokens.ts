import { isJsonObject, type JsonObject, type JsonValue } from '../../formats/json.ts';
import { PromptError, quoted } from './problem.ts';
import { ID_SPAN } from './vocabulary.ts';

/** A token that is cut out of a text whole, before anything is merged. */
export interface AddedToken {
  readonly content: string;
  readonly id: number;
  /** Whether it is looked for in the normalised text, and so found in capitals too. */
  readonly normalized: boolean;
}

/** The tokens that a tokenizer treats on their own. */
export interface SpecialTokens {
  readonly begin: number;
  readonly end: number;
  readonly unknown: number;
  /** Absent where no config names one. */
  readonly pad?: number;
  readonly added: readonly AddedToken[];
}

/** What lies beside a vocabulary; each may be absent. */
export interface TokenizerConfigs {
  /** `tokenizer_config.json` */
  readonly config: JsonObject;
  /** `special_tokens_map.json` */
  readonly map: JsonObject;
  /** `added_tokens.json`: token to id. */
  readonly added: JsonObject;
  /** `added_tokens` of `tokenizer.json`. */
  readonly listed: readonly JsonValue[];
}

/** In the order in which transformers adds them: of two with the same text the later one counts. */
const ROLES = ['bos_token', 'eos_token', 'unk_token', 'pad_token'] as const;

/** Source: transformers, `CLIPTokenizer`. */
const DEFAULTS: ReadonlyMap<string, string> = new Map([
  ['bos_token', '<|startoftext|>'],
  ['eos_token', '<|endoftext|>'],
  ['unk_token', '<|endoftext|>'],
  ['pad_token', '<|endoftext|>'],
]);

/** Added tokens looked for in a text. A model taught new words has a few dozen. */
const MAX_ADDED = 10_000;

/**
 * The special tokens of a vocabulary, read as transformers 5 reads them: `special_tokens_map.json` before
 * `tokenizer_config.json`, and `added_tokens_decoder` before both for how a token is looked for.
 * @throws {PromptError} when a token has no id.
 */
export function specialTokens(tokens: ReadonlyMap<string, number>, configs: TokenizerConfigs): SpecialTokens {
  const added = new Map<string, AddedToken>();
  const add = (content: string, id: number, normalized: boolean) => {
    if (content !== '') added.set(content, { content, id, normalized });
    if (added.size > MAX_ADDED) throw new PromptError(`the tokenizer adds more than ${MAX_ADDED} tokens`);
  };
  for (const [content, id] of configs.added) {
    if (isId(id)) add(content, id, true);
  }
  const ids = new Map<string, number>();
  for (const role of ROLES) {
    const value = configs.map.get(role) ?? configs.config.get(role) ?? DEFAULTS.get(role) ?? null;
    const content = contentOf(value) ?? '';
    const id = tokens.get(content) ?? added.get(content)?.id ?? idAmong(configs, content);
    if (id === undefined) {
      throw new PromptError(
        `its ${role} ${quoted(content)} is not in the vocabulary; take all of its files from one model`,
      );
    }
    ids.set(role, id);
    add(content, id, isNormalized(value));
  }
  for (const [id, entry] of declaredTokens(configs)) add(contentOf(entry) ?? '', id, isNormalized(entry));
  const padDeclared = (configs.map.get('pad_token') ?? configs.config.get('pad_token') ?? null) !== null;
  const [begin = 0, end = 0, unknown = 0, pad = 0] = ROLES.map((role) => ids.get(role));
  return { begin, end, unknown, ...(padDeclared ? { pad } : {}), added: [...added.values()] };
}

/** The entries of `added_tokens_decoder` and of `tokenizer.json` that have an id. */
function* declaredTokens({ config, listed }: TokenizerConfigs): Generator<[id: number, entry: JsonObject]> {
  for (const entry of listed) {
    if (!isJsonObject(entry)) continue;
    const id = entry.get('id');
    if (isId(id)) yield [id, entry];
  }
  const decoder = config.get('added_tokens_decoder');
  if (!isJsonObject(decoder)) return;
  for (const [key, entry] of decoder) {
    const id = /^\d{1,7}$/.test(key) ? Number(key) : undefined;
    if (isId(id) && isJsonObject(entry)) yield [id, entry];
  }
}

function idAmong(configs: TokenizerConfigs, content: string): number | undefined {
  for (const [id, entry] of declaredTokens(configs)) {
    if (contentOf(entry) === content) return id;
  }
  return undefined;
}

function isId(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < ID_SPAN;
}

/** A token is written as its text, or as an object with the text and how to look for it. */
function contentOf(token: JsonValue): string | undefined {
  const content = isJsonObject(token) ? token.get('content') : token;
  return typeof content === 'string' ? content : undefined;
}

function isNormalized(token: JsonValue): boolean {
  return isJsonObject(token) && token.get('normalized') === true;
}
