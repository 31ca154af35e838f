/** Prompts as token ids: from the tokenizer beside a model, else those that are built in. */
export { BUILTIN_PROMPTS } from './builtin.ts';
export { type EncodedPrompt, encodePrompt } from './encode.ts';
export { PromptError } from './problem.ts';
export { type PromptContext, promptsFor } from './prompts.ts';
export { type FoundTokenizer, readTokenizer } from './read.ts';
export type { Tokenizer } from './tokenizer.ts';
