/** Prompts that can be asked without a tokenizer, where the text encoder has CLIP's own vocabulary. */

/** A prompt as ids. */
export interface BuiltinPrompt {
  /** What it can be asked by, beside its text. */
  readonly name: string;
  readonly text: string;
  /** Ids in CLIP's vocabulary, without begin and end. */
  readonly tokens: readonly number[];
}

/** Tokens of CLIP's vocabulary, begin and end included: OpenAI's and all of OpenCLIP's share it. */
export const CLIP_VOCABULARY = 49_408;

/** The prompt of nothing: no token, so it is the same in every vocabulary. */
export const EMPTY_PROMPT: BuiltinPrompt = { name: 'empty', text: '', tokens: [] };

/**
 * One thing, a scene, a person, two colours apart, what is not wanted, and nothing. The ids are transformers':
 * `fixtures/prompts/make`.
 */
export const BUILTIN_PROMPTS: readonly BuiltinPrompt[] = [
  { name: 'cat', text: 'a photo of a cat', tokens: [320, 1125, 539, 320, 2368] },
  {
    name: 'landscape',
    text: 'a landscape with mountains and a lake',
    tokens: [320, 5727, 593, 5873, 537, 320, 2553],
  },
  {
    name: 'portrait',
    text: 'portrait of a woman, oil painting',
    tokens: [5352, 539, 320, 2308, 267, 2870, 3086],
  },
  { name: 'colours', text: 'a red ball on a blue table', tokens: [320, 736, 1069, 525, 320, 1746, 2175] },
  {
    name: 'negative',
    text: 'blurry, low quality, deformed',
    tokens: [21_977, 267, 1042, 3027, 267, 561, 6528],
  },
  EMPTY_PROMPT,
];
