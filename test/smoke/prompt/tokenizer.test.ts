import * as fc from '../../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { openTree } from '../../../src/bytes/file.ts';
import { encodePrompt, type Tokenizer } from '../../../src/smoke/prompt/index.ts';
import { MAX_PROMPT } from '../../../src/smoke/prompt/tokenizer.ts';
import {
  type Case,
  clipFiles,
  clipGolden,
  SHAPES_TOKENIZER,
  shapesFiles,
  shapesGolden,
  tokenizerIn,
  tokenizerOf,
} from './golden.ts';

function expectAll(tokenizer: Tokenizer, cases: readonly Case[]): void {
  for (const { text, tokens, tail } of cases) {
    expect({ text, tokens: tokenizer.encode(text) }).toEqual({ text, tokens });
    const { ids, truncated } = encodePrompt(tokenizer, text);
    const kept = tokens.slice(0, 75);
    expect({ text, ids: ids.slice(0, kept.length + 1 + tail.length) }).toEqual({
      text,
      ids: [tokenizer.begin, ...kept, ...tail],
    });
    expect(ids).toHaveLength(77);
    expect(truncated).toBe(tokens.length - kept.length);
  }
}

test("CLIP's own vocabulary gives the ids that transformers gives", async () => {
  const golden = clipGolden();
  const tokenizer = await tokenizerOf(clipFiles());
  expect(tokenizer).toMatchObject({ size: 49_408, begin: 49_406, end: 49_407 });
  expectAll(tokenizer, golden.cases);
  for (const { text, tokens } of golden.builtin) expect(tokenizer.encode(text)).toEqual(tokens);
});

describe('the small vocabulary of the shapes fixtures', () => {
  const [own, ...setups] = shapesGolden().setups;

  test("the fixture's own folder", async () => {
    const tokenizer = await tokenizerIn(await openTree(SHAPES_TOKENIZER));
    expect(tokenizer).toMatchObject({ size: 555, begin: 553, end: 554, pad: 554, maxLength: 77 });
    expectAll(tokenizer, own?.cases ?? []);
  });

  test.each(setups)('$setup', async ({ configs, vocab, cases }) => {
    const files = shapesFiles(configs);
    if (vocab === 'ascii') {
      const all = JSON.parse(String(files['vocab.json'])) as Record<string, number>;
      const kept = Object.entries(all).filter(([, id]) => id < 94 || (id >= 256 && id < 350) || id >= 512);
      files['vocab.json'] = Object.fromEntries(kept);
    }
    expectAll(await tokenizerOf(files), cases);
  });
});

/** A tokenizer.json as transformers saves it. */
function tokenizerJson(files: ReturnType<typeof clipFiles>, merges: 'pairs' | 'lines', pattern = ''): object {
  const lines = String(files['merges.txt']).split('\n').slice(1, -1);
  return {
    version: '1.0',
    added_tokens: [
      { id: 49_406, content: '<|startoftext|>', normalized: false, special: true },
      { id: 49_407, content: '<|endoftext|>', normalized: false, special: true },
    ],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: String.raw`\s+` }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: { Regex: `${pattern}'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+` },
          behavior: 'Removed',
          invert: true,
        },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: { type: 'RobertaProcessing' },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<|endoftext|>',
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: files['vocab.json'],
      merges: merges === 'lines' ? lines : lines.map((line) => line.split(' ')),
    },
  };
}

test.each([
  ['pairs', String.raw`<\|startoftext\|>|<\|endoftext\|>|`],
  ['lines', ''],
] as const)('tokenizer.json with merges as %s gives the same', async (merges, pattern) => {
  const tokenizer = await tokenizerOf({ 'tokenizer.json': tokenizerJson(clipFiles(), merges, pattern) });
  expectAll(tokenizer, clipGolden().cases);
});

test('a tokenizer.json that splits with another expression is refused, and the expression never run', async () => {
  const catastrophe = tokenizerJson(clipFiles(), 'lines', '(a+)+$|');
  await expect(tokenizerOf({ 'tokenizer.json': catastrophe })).rejects.toThrow(
    'its pre_tokenizer is another',
  );
});

describe('prompts in a frame', () => {
  test('the first end token is where the pooled output is taken', async () => {
    const tokenizer = await tokenizerIn(await openTree(SHAPES_TOKENIZER));
    expect(encodePrompt(tokenizer, '').eosIndex).toBe(1);
    expect(encodePrompt(tokenizer, 'a red circle').eosIndex).toBe(4);
    expect(encodePrompt(tokenizer, 'a <|endoftext|> circle').eosIndex).toBe(2);
    expect(encodePrompt(tokenizer, 'a '.repeat(100))).toMatchObject({ eosIndex: 76, truncated: 25 });
  });

  test('a prompt of megabytes is refused, the longest that is read takes no time', async () => {
    const tokenizer = await tokenizerIn(await openTree(SHAPES_TOKENIZER));
    expect(() => tokenizer.encode('a'.repeat(MAX_PROMPT + 1))).toThrow(
      /has 5001 characters and at most 5000/,
    );
    const start = performance.now();
    tokenizer.encode('💣'.repeat(MAX_PROMPT / 2));
    tokenizer.encode('triangle'.repeat(MAX_PROMPT / 8));
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test('whatever the text, there are 77 known ids with begin and end in place', async () => {
    const tokenizer = await tokenizerIn(await openTree(SHAPES_TOKENIZER));
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(0x7f), fc.nat(0x10ffff)), { maxLength: 120 }), (codes) => {
        const text = String.fromCodePoint(...codes);
        const { ids, eosIndex, truncated } = encodePrompt(tokenizer, text);
        expect(ids).toHaveLength(77);
        expect(ids.every((id) => Number.isInteger(id) && id >= 0 && id < tokenizer.size)).toBe(true);
        expect([ids[0], ids[eosIndex]]).toEqual([tokenizer.begin, tokenizer.end]);
        expect(truncated === 0 || ids.at(-1) === tokenizer.end).toBe(true);
      }),
    );
  });
});
