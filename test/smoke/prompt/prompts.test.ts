import { expect, test } from 'vitest';
import { openTree } from '../../../src/bytes/file.ts';
import {
  BUILTIN_PROMPTS,
  PromptError,
  type PromptContext,
  promptsFor,
  readTokenizer,
} from '../../../src/smoke/prompt/index.ts';
import { buildFolder } from '../../build/folder.ts';
import { clipFiles, clipGolden, SHAPES_TOKENIZER } from './golden.ts';

const CLIP_L: PromptContext = { vocabSize: 49_408, encoderId: 'clip-l' };

test('the built-in prompts have the ids that transformers gives them', () => {
  expect(BUILTIN_PROMPTS).toEqual(clipGolden().builtin);
});

test('without a tokenizer: the built-in prompts, by text or name', () => {
  const prompts = promptsFor(CLIP_L);
  expect(prompts).toMatchObject({ reach: 'built-in', frame: { known: 'convention' } });
  expect(prompts.reason).toBe(
    'no tokenizer lies beside the model: built-in prompts only (cat, landscape, portrait, colours, negative, empty); for other texts name a folder with vocab.json and merges.txt with --tokenizer',
  );
  const cat = prompts.encode('a photo of a cat');
  expect(cat.ids.slice(0, 8)).toEqual([49_406, 320, 1125, 539, 320, 2368, 49_407, 49_407]);
  expect(cat).toMatchObject({ text: 'a photo of a cat', eosIndex: 6, truncated: 0 });
  expect(cat.ids).toHaveLength(77);
  expect(prompts.encode(' Cat ')).toEqual(cat);
  expect(prompts.encode('')).toMatchObject({ text: '', eosIndex: 1 });
  expect(() => prompts.encode('a dog')).toThrow(PromptError);
  expect(() => prompts.encode('a dog')).toThrow(/“a dog” cannot be asked: no tokenizer lies beside/);
});

test('OpenCLIP fills up with zeros', () => {
  for (const encoderId of ['openclip-h', 'openclip-g']) {
    const { ids } = promptsFor({ ...CLIP_L, encoderId }).encode('empty');
    expect(ids.slice(0, 4)).toEqual([49_406, 49_407, 0, 0]);
  }
});

test("a tokenizer's own pad token wins over the convention, and a text can be anything", async () => {
  const config = (pad: string) => ({ 'tokenizer_config.json': { pad_token: pad } });
  const found = await readTokenizer(buildFolder({ ...clipFiles(), ...config('!') }), '');
  const prompts = promptsFor({ ...CLIP_L, found });
  expect(prompts).toMatchObject({
    reach: 'any',
    reason: '',
    frame: { known: 'declared', value: { pad: 0 } },
  });
  expect(prompts.encode('cat')).toMatchObject({ text: 'cat', eosIndex: 2 });
  const undeclared = await readTokenizer(buildFolder(clipFiles()), '');
  expect(promptsFor({ ...CLIP_L, found: undeclared }).frame).toMatchObject({
    known: 'convention',
    value: { pad: 49_407 },
  });
  const openclip = promptsFor({ ...CLIP_L, encoderId: 'openclip-g', found: undeclared });
  expect(openclip.frame?.value.pad).toBe(0);
});

test('an unknown vocabulary: the empty prompt, by the place of begin and end', () => {
  const prompts = promptsFor({ vocabSize: 555, encoderId: 'custom', positions: 16 });
  expect(prompts).toMatchObject({ reach: 'empty', frame: { known: 'convention' } });
  expect(prompts.encode('').ids).toEqual([553, ...Array<number>(15).fill(554)]);
  expect(() => prompts.encode('a photo of a cat')).toThrow(/only the empty prompt can be asked/);
});

test('a tokenizer of another model is not used, and that is said', async () => {
  const found = await readTokenizer(await openTree(SHAPES_TOKENIZER), '');
  const shapes = promptsFor({ vocabSize: 555, encoderId: 'custom', found });
  expect(shapes.encode('a red circle').ids.slice(0, 5)).toEqual([553, 320, 548, 529, 554]);
  const mixed = promptsFor({ ...CLIP_L, found });
  expect(mixed.reach).toBe('built-in');
  expect(mixed.reason).toContain('the tokenizer has 555 tokens and the text encoder embeds 49408');
  const large = await readTokenizer(buildFolder(clipFiles()), '');
  expect(promptsFor({ vocabSize: 555, encoderId: 'custom', found: large }).reach).toBe('empty');
});

test('a tokenizer that cannot be read leaves the built-in prompts, with the reason', () => {
  const prompts = promptsFor({ ...CLIP_L, found: { problem: 'the tokenizer in x cannot be used: why' } });
  expect(prompts.reach).toBe('built-in');
  expect(prompts.reason).toMatch(/^the tokenizer in x cannot be used: why: built-in prompts only/);
});

test('of an encoder that is not CLIP nothing can be asked', () => {
  const prompts = promptsFor({ vocabSize: 32_128, encoderId: 't5' });
  expect(prompts).toMatchObject({ reach: 'none', builtin: [] });
  expect(() => prompts.encode('')).toThrow("the text encoder is t5, and only CLIP's tokens are known here");
});
