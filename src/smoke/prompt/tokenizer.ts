/**
 * CLIP's tokenizer, as transformers' `CLIPTokenizer` works. Our own because the JavaScript port of tokenizers
 * differs from it: it writes the Greek Σ at a word's end as ς, takes U+FEFF for a space, and cuts out
 * `<|ENDOFTEXT|>` where only small letters count; it also takes 50 MB and runs expressions that stand in files.
 *
 * Which characters are letters follows the runtime's version of Unicode, so a script added to Unicode in the last
 * years may be split in another way than by transformers.
 */
import type { JsonObject, JsonValue } from '../../formats/json.ts';
import { Bpe } from './bpe.ts';
import { PromptError } from './problem.ts';
import { type AddedToken, specialTokens } from './special-tokens.ts';
import {
  readMergesText,
  readTokenizerJson,
  readVocabJson,
  type TokenizerFile,
  type Vocabulary,
} from './vocabulary.ts';

/** Turns a text into the ids that a text encoder embeds. */
export interface Tokenizer {
  /** One more than the largest id. */
  readonly size: number;
  /** What each text begins and ends with: `<|startoftext|>` and `<|endoftext|>`. */
  readonly begin: number;
  readonly end: number;
  /** What a config says that short texts are filled up with; absent where none says so. */
  readonly pad?: number;
  /** `model_max_length` of its config, begin and end counted; absent where there is none. */
  readonly maxLength?: number;
  /**
   * Ids of a text, without begin and end, of any number.
   * @throws {PromptError} when the text is longer than `MAX_PROMPT`.
   */
  encode(text: string): readonly number[];
}

/** UTF-16 units of a prompt. A text encoder sees 75 tokens, some 300 letters; the time to split grows with the square. */
export const MAX_PROMPT = 5000;

/** What a tokenizer is made of: `vocab` with `merges`, else `tokenizerJson`. */
export interface TokenizerFiles {
  readonly vocab?: TokenizerFile;
  readonly merges?: TokenizerFile;
  readonly tokenizerJson?: TokenizerFile;
  readonly config?: JsonObject;
  readonly specialTokensMap?: JsonObject;
  readonly addedTokens?: JsonObject;
}

const NOTHING: JsonObject = new Map<string, JsonValue>();

/** Makes a tokenizer of its files. @throws {PromptError} when they are broken, or not CLIP's. */
export function makeTokenizer(files: TokenizerFiles): Tokenizer {
  const { vocabulary, listed } = vocabularyOf(files);
  const special = specialTokens(vocabulary.tokens, {
    config: files.config ?? NOTHING,
    map: files.specialTokensMap ?? NOTHING,
    added: files.addedTokens ?? NOTHING,
    listed,
  });
  const bpe = new Bpe(vocabulary, special.unknown);
  const exact = new Cutter(wholes(special.added, false));
  const loose = new Cutter(wholes(special.added, true));
  const encoder = new TextEncoder();
  let largest = 0;
  for (const id of vocabulary.tokens.values()) largest = Math.max(largest, id);
  for (const { id } of special.added) largest = Math.max(largest, id);
  const maxLength = files.config?.get('model_max_length');
  return {
    size: largest + 1,
    begin: special.begin,
    end: special.end,
    ...(special.pad === undefined ? {} : { pad: special.pad }),
    ...(isLength(maxLength) ? { maxLength } : {}),
    encode(text) {
      if (text.length > MAX_PROMPT) {
        throw new PromptError(
          `the prompt has ${text.length} characters and at most ${MAX_PROMPT} are read; a text encoder sees the first few hundred`,
        );
      }
      const ids: number[] = [];
      for (const outer of exact.cut(text)) {
        if (typeof outer === 'number') ids.push(outer);
        else {
          for (const piece of loose.cut(normalize(outer))) {
            if (typeof piece === 'number') ids.push(piece);
            else for (const [word] of piece.matchAll(WORD)) ids.push(...bpe.encode(encoder.encode(word)));
          }
        }
      }
      return ids;
    },
  };
}

function vocabularyOf({ vocab, merges, tokenizerJson }: TokenizerFiles): {
  readonly vocabulary: Vocabulary;
  readonly listed: readonly JsonValue[];
} {
  if (vocab !== undefined && merges !== undefined) {
    return { vocabulary: { tokens: readVocabJson(vocab), merges: readMergesText(merges) }, listed: [] };
  }
  if (tokenizerJson === undefined)
    throw new PromptError('it has neither vocab.json with merges.txt nor tokenizer.json');
  const { added, ...vocabulary } = readTokenizerJson(tokenizerJson);
  return { vocabulary, listed: added };
}

/** A length that a text encoder could have; transformers writes 10³⁰ for “no limit”. */
function isLength(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 2 && value <= 4096;
}

/** Composed characters, single spaces, small letters one by one: what a letter stands beside does not change it. */
function normalize(text: string): string {
  let small = '';
  for (const character of text.normalize('NFC').replace(/\p{White_Space}+/gu, ' '))
    small += character.toLowerCase();
  return small;
}

/** What becomes a word. Source: transformers, `CLIPTokenizer`; `\s` is Unicode's White_Space there. */
const WORD = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\p{White_Space}\p{L}\p{N}]+/gu;

/** Text to id of the tokens that are looked for in the text as given, or in the normalised text. */
function wholes(added: readonly AddedToken[], normalized: boolean): ReadonlyMap<string, number> {
  const chosen = added.filter((token) => token.normalized === normalized);
  return new Map(chosen.map(({ content, id }) => [normalized ? normalize(content) : content, id]));
}

/** Cuts texts at whole tokens; of several that begin at one place the longest counts. */
class Cutter {
  readonly #ids: ReadonlyMap<string, number>;
  readonly #pattern: RegExp | undefined;

  constructor(ids: ReadonlyMap<string, number>) {
    this.#ids = ids;
    const literals = [...this.#ids.keys()]
      .sort((a, b) => b.length - a.length)
      .map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`));
    this.#pattern = literals.length === 0 ? undefined : new RegExp(`(${literals.join('|')})`, 'u');
  }

  /** The pieces of a text in order: a token's id, or the text between tokens. */
  cut(text: string): readonly (number | string)[] {
    if (this.#pattern === undefined) return [text];
    const pieces = text.split(this.#pattern);
    return pieces.map((piece, at) => (at % 2 === 1 ? (this.#ids.get(piece) ?? piece) : piece));
  }
}
