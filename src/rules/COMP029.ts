import { nameOf, numberFact, ofKind, placeOf } from './support/components.ts';
import { defineRule } from './rule.ts';

/** Tokens of CLIP's vocabulary, and positions of a prompt. Source: openai/CLIP `simple_tokenizer.py` and `model.py`. */
const TOKENS = 49408;
const POSITIONS = 77;

/** A CLIP text encoder has another number of tokens or positions than its tokenizer. */
export const COMP029 = defineRule<{ encoder: string; key: string; found: number; expected: number }>({
  id: 'COMP029',
  name: 'clip-table-size',
  title: 'A CLIP text encoder has another table size than its tokenizer',
  severity: 'warning',
  evidence: 'header',
  since: '0.1.0',
  why: `Every CLIP tokenizer in use numbers 49,408 tokens and pads to 77 positions. A token table with fewer rows fails at the end-of-text token, which is the last one: every prompt has it. A table with more rows has had words added to it, which the tokenizer must know too. Another number of positions is read by loaders for long prompts only; others drop the tensor or fail.`,
  mend: 'Take the embedding from the original text encoder, or use the tokenizer and the program that this one was made for.',
  sources: ['openai/CLIP, simple_tokenizer.py and model.py', 'transformers, configuration_clip.py'],
  *check(context) {
    for (const encoder of ofKind(context, 'text_encoder')) {
      // a tower of another width comes with a tokenizer of its own
      if (!/^(?:clip-l|openclip-[hg])$/.test(encoder.id)) continue;
      for (const [key, expected] of [
        ['vocab_size', TOKENS],
        ['max_position_embeddings', POSITIONS],
      ] as const) {
        const found = numberFact(encoder, key);
        if (found === undefined || found === expected) continue;
        yield {
          args: { encoder: nameOf(encoder), key, found, expected },
          place: placeOf(context, encoder, encoder.facts.get(key)?.from),
          ...(found < expected ? { severity: 'error' as const } : {}),
        };
      }
    }
  },
  words: ({ encoder, key, found, expected }) => ({
    what: `${encoder} has ${found} ${key === 'vocab_size' ? 'tokens' : 'positions'}, its tokenizer ${expected}`,
    found: String(found),
    expected: String(expected),
  }),
});
