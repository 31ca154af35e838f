import * as fc from '../../build/properties.ts';
import { expect, test } from 'vitest';
import { openTree } from '../../../src/bytes/file.ts';
import { type ByteTree, ReadError } from '../../../src/bytes/source.ts';
import { readTokenizer } from '../../../src/smoke/prompt/index.ts';
import { asBytes, buildFolder, type Content, pipelineFiles } from '../../build/folder.ts';
import { clipFiles, shapesFiles } from './golden.ts';

async function problem(files: Record<string, Content>): Promise<string | undefined> {
  const found = await readTokenizer(buildFolder(files), '');
  return found?.problem?.replace('the tokenizer in model cannot be used: ', '');
}

test("a pipeline's own tokenizer, and none where none lies", async () => {
  const pipeline = await openTree('fixtures/shapes/sd1-v');
  expect((await readTokenizer(pipeline, 'tokenizer'))?.tokenizer?.size).toBe(555);
  expect(await readTokenizer(pipeline, 'tokenizer_2')).toBeUndefined();
  expect(await readTokenizer(pipeline, 'unet')).toBeUndefined();
});

const { 'vocab.json': vocab, 'merges.txt': merges } = shapesFiles() as Record<string, string>;
const clip = clipFiles();

const DEFECTS: readonly (readonly [what: string, files: Record<string, Content>, words: string])[] = [
  ['merges are missing', { 'vocab.json': '{}' }, 'merges.txt is missing in it'],
  ['only a config', { 'tokenizer_config.json': {} }, 'vocab.json is missing in it'],
  [
    'another class',
    { ...shapesFiles(), 'tokenizer_config.json': { tokenizer_class: 'T5Tokenizer' } },
    "its class is “T5Tokenizer”, and only CLIP's tokenizer is read here",
  ],
  [
    'SentencePiece',
    { 'spiece.model': 'x', 'tokenizer_config.json': {} },
    "it is a SentencePiece model, and only CLIP's tokenizer is read here",
  ],
  [
    'WordPiece',
    { 'vocab.txt': '[PAD]' },
    "it is a WordPiece vocabulary, and only CLIP's tokenizer is read here",
  ],
  [
    'no JSON',
    { 'vocab.json': '{"a": }', 'merges.txt': '' },
    'vocab.json is broken: a value expected at byte 6, found “}”',
  ],
  [
    'a JSON array',
    { 'vocab.json': '["a"]', 'merges.txt': '' },
    'vocab.json is broken: “{” expected at byte 0, found “[”',
  ],
  [
    'a fraction as id',
    { 'vocab.json': '{"a": 1.5}', 'merges.txt': '' },
    'vocab.json gives the token “a” no whole number below 1048576 as its id',
  ],
  [
    'an id of billions',
    { 'vocab.json': '{"a": 4000000000}', 'merges.txt': '' },
    'vocab.json gives the token “a” no whole number below 1048576 as its id',
  ],
  [
    'one id twice',
    { 'vocab.json': '{"a": 1, "b": 1}', 'merges.txt': '' },
    'vocab.json gives two tokens the id 1',
  ],
  [
    'a token of megabytes that has no id',
    { 'vocab.json': `{"${'x'.repeat(1e6)}": null}`, 'merges.txt': '' },
    `vocab.json gives the token “${'x'.repeat(60)}…” no whole number`,
  ],
  [
    'no begin token',
    { 'vocab.json': '{"a": 0}', 'merges.txt': '' },
    'its bos_token “<|startoftext|>” is not in the vocabulary; take all of its files from one model',
  ],
  [
    'an unknown pad token',
    { ...shapesFiles({ tokenizer_config: { pad_token: '<pad>' } }) },
    'its pad_token “<pad>” is not in the vocabulary; take all of its files from one model',
  ],
  [
    'merges of another vocabulary',
    { 'vocab.json': vocab ?? '', 'merges.txt': clip['merges.txt'] ?? '' },
    'which the vocabulary does not have; take both files from one model',
  ],
  [
    'a merge of three',
    { 'vocab.json': vocab ?? '', 'merges.txt': '#version: 0.2\nb l u' },
    'line 2 of merges.txt is not two tokens with a space between them',
  ],
  [
    'a config that is a list',
    { ...shapesFiles(), 'tokenizer_config.json': '[]' },
    'tokenizer_config.json holds no JSON object',
  ],
  [
    'a broken map',
    { ...shapesFiles(), 'special_tokens_map.json': '{' },
    'special_tokens_map.json holds no JSON object',
  ],
  [
    'a tokenizer.json of another model',
    { 'tokenizer.json': { model: { type: 'WordPiece' } } },
    'its model is not BPE',
  ],
  [
    'a tokenizer.json of GPT-2',
    { 'tokenizer.json': { model: { type: 'BPE', vocab: {}, merges: [] } } },
    'its words do not end in “</w>”',
  ],
  [
    'a tokenizer.json without a normaliser',
    { 'tokenizer.json': { normalizer: null, model: { type: 'BPE', end_of_word_suffix: '</w>' } } },
    "its normalizer is another); lay CLIP's vocab.json and merges.txt in the folder",
  ],
];

test.each(DEFECTS)('%s', async (_, files, words) => {
  expect(await problem(files)).toContain(words);
});

test('a file of gigabytes is refused before it is read', async () => {
  const tree = buildFolder({ 'vocab.json': vocab ?? '', 'merges.txt': merges ?? '' });
  const huge: ByteTree = {
    ...tree,
    async open(path) {
      const read = () => Promise.reject(new Error('it was read'));
      return { ...(await tree.open(path)), size: 5e9, read };
    },
  };
  expect((await readTokenizer(huge, ''))?.problem).toMatch(
    /vocab\.json has 5000000000 bytes and at most 16777216 are read/,
  );
});

test('more tokens than any text encoder has are refused', async () => {
  const tokens = Array.from({ length: 300_001 }, (_, id) => `"${id}":${id}`);
  expect(await problem({ 'vocab.json': `{${tokens.join()}}`, 'merges.txt': '' })).toMatch(
    /more than 300000 tokens/,
  );
  expect(await problem({ 'vocab.json': vocab ?? '', 'merges.txt': 'b l\n'.repeat(300_001) })).toMatch(
    /more than 300000 merges/,
  );
});

test('a file that cannot be opened is a problem in words', async () => {
  const tree: ByteTree = {
    ...buildFolder(shapesFiles()),
    open: (path) => Promise.reject(new ReadError(path, 'refused', 'it leads out of the folder')),
  };
  expect((await readTokenizer(tree, ''))?.problem).toBe(
    'the tokenizer in model cannot be used: vocab.json: it leads out of the folder',
  );
});

test('tokens by the names of what every object has are tokens', async () => {
  const tokens = JSON.parse(vocab ?? '') as Record<string, number>;
  const text = JSON.stringify(tokens).replace('{', '{"__proto__": 600, "constructor</w>": 601,');
  const tree = buildFolder({ 'vocab.json': text, 'merges.txt': merges ?? '' });
  const found = await readTokenizer(tree, '');
  expect(found?.tokenizer?.size).toBe(602);
  expect(found?.tokenizer?.encode('constructor')).toHaveLength('constructor'.length);
});

test('whatever byte is broken, there is a tokenizer or a sentence', async () => {
  const files = shapesFiles({ tokenizer_config: { pad_token: '!' }, added_tokens: { '<x>': 555 } });
  const names = Object.keys(files);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), fc.nat(), fc.nat(255), async (name, at, byte) => {
      const bytes = Uint8Array.from(asBytes(files[name] ?? ''));
      bytes[at % bytes.length] = byte;
      const found = await readTokenizer(buildFolder({ ...files, [name]: bytes }), '');
      const words = /^the tokenizer in model cannot be used: ./.test(found?.problem ?? '');
      const ids = found?.tokenizer?.encode('a red <x> circle!') ?? [];
      expect(words || ids.length > 3).toBe(true);
    }),
  );
});

test('the files of a pipeline builder are no tokenizer, and that is said', async () => {
  const found = await readTokenizer(buildFolder(pipelineFiles()), 'tokenizer');
  expect(found?.problem).toContain('its bos_token');
});
