import type { Fact } from '../../topology/net.ts';
import { type BuiltinPrompt, BUILTIN_PROMPTS, CLIP_VOCABULARY, EMPTY_PROMPT } from './builtin.ts';
import {
  CLIP_LENGTH,
  type EncodedPrompt,
  encodePrompt,
  type Frame,
  frameOf,
  inFrame,
  padOf,
} from './encode.ts';
import { PromptError, quoted } from './problem.ts';
import type { FoundTokenizer } from './read.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What is known of a text encoder and of what lies beside it. */
export interface PromptContext {
  /** What was found beside the model or named by the user; absent where nothing lies there. */
  readonly found?: FoundTokenizer | undefined;
  /** Rows of the text encoder's token embedding. */
  readonly vocabSize: number;
  /** `Component.id` of the text encoder: `clip-l`, `openclip-g`, `custom`, `t5` … */
  readonly encoderId: string;
  /** Rows of its position embedding, where known. */
  readonly positions?: number | undefined;
}

/** What can be asked of a text encoder. */
export interface Prompts {
  /** Any text; only the built-in prompts; only the empty text; or nothing at all. */
  readonly reach: 'any' | 'built-in' | 'empty' | 'none';
  /** Why that much and no more, in a sentence, and what would give more; '' where any text can be asked. */
  readonly reason: string;
  /** The built-in prompts that can be asked. */
  readonly builtin: readonly BuiltinPrompt[];
  /** What stands around a text's tokens, and how that is known; absent where nothing can be asked. */
  readonly frame?: Fact<Frame>;
  /**
   * The ids of a text. Where only built-in prompts can be asked, by their text or their name; `text` of the result
   * says which it was.
   * @throws {PromptError} when the text cannot be asked; the message says what can.
   */
  encode(text: string): EncodedPrompt;
}

/** Encoders whose tokens are CLIP's; `custom` is a tower of CLIP's grammar in a size of its own. */
const CLIP_ENCODERS: ReadonlySet<string> = new Set(['clip-l', 'openclip-h', 'openclip-g', 'custom']);

const REMEDY = 'name a folder with vocab.json and merges.txt with --tokenizer';

/** What can be asked of a text encoder, and why no more. */
export function promptsFor(context: PromptContext): Prompts {
  const { found, vocabSize, encoderId } = context;
  if (!CLIP_ENCODERS.has(encoderId)) {
    return nothing(
      `the text encoder is ${encoderId}, and only CLIP's tokens are known here: no prompt can be asked`,
    );
  }
  const tokenizer = found?.tokenizer;
  const mismatch = tokenizer === undefined ? undefined : mismatchOf(tokenizer, vocabSize);
  if (tokenizer !== undefined && mismatch === undefined) return anything(tokenizer, context);
  const why = found?.problem ?? mismatch ?? 'no tokenizer lies beside the model';
  const length = context.positions ?? CLIP_LENGTH;
  const [begin, end] = [vocabSize - 2, vocabSize - 1];
  const value: Frame = { begin, end, pad: padOf(encoderId, end), length };
  if (vocabSize === CLIP_VOCABULARY) {
    const names = BUILTIN_PROMPTS.map(({ name }) => name).join(', ');
    return limited('built-in', `${why}: built-in prompts only (${names}); for other texts ${REMEDY}`, {
      value,
      known: 'convention',
      from: `every text encoder with ${CLIP_VOCABULARY} tokens shares CLIP's vocabulary`,
    });
  }
  if (vocabSize < 2)
    return nothing(`${why}, and the text encoder embeds ${vocabSize} tokens: no prompt can be asked`);
  return limited('empty', `${why}: only the empty prompt can be asked; for other texts ${REMEDY}`, {
    value,
    known: 'convention',
    from: 'CLIP numbers its begin and end tokens last in the vocabulary',
  });
}

/** Why a tokenizer cannot be that of a text encoder; undefined where it can. */
function mismatchOf({ size, end }: Tokenizer, vocabSize: number): string | undefined {
  const other = vocabSize === CLIP_VOCABULARY && end !== CLIP_VOCABULARY - 1;
  if (size <= vocabSize && !other) return undefined;
  return `the tokenizer has ${size} tokens and the text encoder embeds ${vocabSize}, so they do not belong together`;
}

function anything(tokenizer: Tokenizer, { encoderId, positions }: PromptContext): Prompts {
  const frame = frameOf(tokenizer, encoderId, positions);
  const declared = tokenizer.pad !== undefined;
  return {
    reach: 'any',
    reason: '',
    builtin: BUILTIN_PROMPTS,
    frame: {
      value: frame,
      known: declared ? 'declared' : 'convention',
      from: declared ? "the tokenizer's own pad_token" : `how texts for ${encoderId} are filled up`,
    },
    encode: (text) => encodePrompt(tokenizer, text, frame),
  };
}

function limited(reach: 'built-in' | 'empty', reason: string, frame: Fact<Frame>): Prompts {
  const builtin = reach === 'empty' ? [EMPTY_PROMPT] : BUILTIN_PROMPTS;
  return {
    reach,
    reason,
    builtin,
    frame,
    encode(text) {
      const asked = text.trim().toLowerCase();
      const prompt = builtin.find((one) => one.text === asked) ?? builtin.find((one) => one.name === asked);
      if (prompt === undefined)
        throw new PromptError(`the prompt ${quoted(text)} cannot be asked: ${reason}`);
      return inFrame(prompt.text, prompt.tokens, frame.value);
    },
  };
}

function nothing(reason: string): Prompts {
  return {
    reach: 'none',
    reason,
    builtin: [],
    encode() {
      throw new PromptError(reason);
    },
  };
}
