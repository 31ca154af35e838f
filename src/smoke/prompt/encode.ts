import type { Tokenizer } from './tokenizer.ts';

/** A prompt as a text encoder takes it. */
export interface EncodedPrompt {
  /** The text that was encoded. */
  readonly text: string;
  /** Token ids, as many as the text encoder has positions: [length]. */
  readonly ids: readonly number[];
  /**
   * Position of the first end token, whose state `CLIPTextModel` pools. Configs with `eos_token_id` 2 pool at the
   * largest id instead: the same place, but for a taught word whose id lies beyond.
   */
  readonly eosIndex: number;
  /** Tokens that did not fit and were cut off. */
  readonly truncated: number;
}

/** What stands around the tokens of a text. */
export interface Frame {
  readonly begin: number;
  readonly end: number;
  /** Fills up what the text leaves empty. */
  readonly pad: number;
  /** Ids in all. */
  readonly length: number;
}

/** Positions of every CLIP text encoder. Source: openai/CLIP `model.py`, `context_length`. */
export const CLIP_LENGTH = 77;

/**
 * OpenCLIP fills up with zeros, the id of `!`. Source: open_clip `tokenizer.py`; Stability AI's `pad_token: "!"`.
 */
const OPENCLIP_PAD = 0;
const OPENCLIP = /^openclip-/;

/** By what a text encoder's shorter texts are filled up where no config says so: `clip-l`, `openclip-g` … or `custom`. */
export function padOf(encoderId: string, end: number): number {
  return OPENCLIP.test(encoderId) ? OPENCLIP_PAD : end;
}

/** How a tokenizer's texts are framed for an encoder: its config's own pad token and length, else the convention. */
export function frameOf(tokenizer: Tokenizer, encoderId = 'clip-l', length?: number): Frame {
  const { begin, end, pad, maxLength } = tokenizer;
  return { begin, end, pad: pad ?? padOf(encoderId, end), length: length ?? maxLength ?? CLIP_LENGTH };
}

/**
 * A text as ids for a text encoder.
 * @param frame as for CLIP ViT-L where absent
 * @throws {PromptError} when the text is far too long.
 */
export function encodePrompt(tokenizer: Tokenizer, text: string, frame = frameOf(tokenizer)): EncodedPrompt {
  return inFrame(text, tokenizer.encode(text), frame);
}

/** A text's ids between begin and end, cut or filled up to the frame's length. */
export function inFrame(text: string, tokens: readonly number[], frame: Frame): EncodedPrompt {
  const room = frame.length - 2;
  const ids = [frame.begin, ...tokens.slice(0, room), frame.end];
  while (ids.length < frame.length) ids.push(frame.pad);
  return {
    text,
    ids,
    eosIndex: ids.indexOf(frame.end, 1),
    truncated: Math.max(0, tokens.length - room),
  };
}
