import { PromptError, quoted } from './problem.ts';
import { ID_SPAN, type Vocabulary } from './vocabulary.ts';

/** What the last symbol of a word ends in. */
const END_OF_WORD = '</w>';

/**
 * The letter that stands for each byte: itself where it can be seen, else one from U+0100 on.
 * Source: openai/CLIP `simple_tokenizer.py`, `bytes_to_unicode`.
 */
const LETTERS: readonly string[] = letters();

function letters(): readonly string[] {
  const visible = (byte: number) =>
    (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte <= 0xff && byte !== 0xad);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    if (visible(byte)) return String.fromCharCode(byte);
    next += 1;
    return String.fromCharCode(next - 1);
  });
}

/** Byte-pair encoding of single words. */
export class Bpe {
  /** Ids of a pair as one number, to the merge's rank and what it makes as one number. */
  readonly #merges = new Map<number, number>();
  /** Id of each byte inside a word and at its end. */
  readonly #inner: readonly number[];
  readonly #last: readonly number[];

  /**
   * @param unknown the id of what the vocabulary has no token for
   * @throws {PromptError} when a merge is of, or makes, a token that the vocabulary does not have.
   */
  constructor({ tokens, merges }: Vocabulary, unknown: number) {
    this.#inner = LETTERS.map((letter) => tokens.get(letter) ?? unknown);
    this.#last = LETTERS.map((letter) => tokens.get(letter + END_OF_WORD) ?? unknown);
    const idOf = (token: string, rank: number): number => {
      const id = tokens.get(token);
      if (id !== undefined) return id;
      throw new PromptError(
        `merge ${rank + 1} takes the token ${quoted(token)}, which the vocabulary does not have; take both files from one model`,
      );
    };
    for (const [rank, [left, right]] of merges.entries()) {
      const pair = idOf(left, rank) * ID_SPAN + idOf(right, rank);
      const made = rank * ID_SPAN + idOf(left + right, rank);
      // of two equal merges the later one counts, as for tokenizers
      this.#merges.set(pair, made);
    }
  }

  /** Ids of one word, of at least one byte: the lowest-ranked pair is merged, leftmost first, until there is none. */
  encode(word: Uint8Array): readonly number[] {
    const ids = Array.from(
      word,
      (byte, at) => (at === word.length - 1 ? this.#last : this.#inner)[byte] ?? 0,
    );
    const ranks = ids.slice(1).map((_, at) => this.#rank(ids, at));
    for (;;) {
      let [best, at] = [Number.POSITIVE_INFINITY, -1];
      for (let pair = 0; pair < ranks.length; pair += 1) {
        const rank = ranks[pair] as number;
        if (rank < best) [best, at] = [rank, pair];
      }
      if (at === -1) return ids;
      ids.splice(at, 2, best % ID_SPAN);
      ranks.splice(at, 1);
      if (at > 0) ranks[at - 1] = this.#rank(ids, at - 1);
      if (at < ranks.length) ranks[at] = this.#rank(ids, at);
    }
  }

  /** The merge of the symbols at `at` and after it; infinite where there is none. */
  #rank(ids: readonly number[], at: number): number {
    const pair = (ids[at] as number) * ID_SPAN + (ids[at + 1] as number);
    return this.#merges.get(pair) ?? Number.POSITIVE_INFINITY;
  }
}
