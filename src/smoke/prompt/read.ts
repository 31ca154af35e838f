import { type ByteTree, ReadError } from '../../bytes/source.ts';
import { fileNames } from '../../formats/component-folder.ts';
import { isJsonObject, type JsonObject, parseJson } from '../../formats/json.ts';
import { join } from '../../formats/shards.ts';
import { PromptError, quoted } from './problem.ts';
import { makeTokenizer, type Tokenizer } from './tokenizer.ts';
import type { TokenizerFile } from './vocabulary.ts';

/** A tokenizer, or why the one that is there cannot be used: a sentence without a full stop. */
export type FoundTokenizer =
  | { readonly tokenizer: Tokenizer; readonly problem?: never }
  | { readonly tokenizer?: never; readonly problem: string };

/** Bytes of a vocabulary or its merges. CLIP's `tokenizer.json` has 3.6 MB, its `vocab.json` 1 MB. */
const MAX_VOCABULARY_BYTES = 16 * 1024 * 1024;

/** Bytes of each config beside it; real ones stay under 10 KB. */
const MAX_TOKENIZER_CONFIG_BYTES = 1024 * 1024;

const CLIP_CLASS = /^CLIPTokenizer(?:Fast)?$/;

/** Files by which other kinds of tokenizer are known. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['spiece.model', 'a SentencePiece model'],
  ['tokenizer.model', 'a SentencePiece model'],
  ['sentencepiece.bpe.model', 'a SentencePiece model'],
  ['vocab.txt', 'a WordPiece vocabulary'],
]);

/**
 * Reads the CLIP tokenizer in a folder of a tree: `tokenizer` or `tokenizer_2` of a pipeline, '' where the tree is
 * the tokenizer's own folder. Undefined when no tokenizer lies there.
 */
export async function readTokenizer(tree: ByteTree, folder: string): Promise<FoundTokenizer | undefined> {
  try {
    const names = fileNames(await tree.list(folder));
    const has = (name: string) => names.includes(name);
    const other = names.find((name) => OTHERS.has(name));
    const pair = has('vocab.json') && has('merges.txt');
    if (
      !pair &&
      !has('tokenizer.json') &&
      !has('tokenizer_config.json') &&
      !has('vocab.json') &&
      other === undefined
    )
      return undefined;
    const open = (name: string) =>
      has(name) ? readBytes(tree, join(folder, name), MAX_VOCABULARY_BYTES) : undefined;
    const config = await readObject(tree, folder, names, 'tokenizer_config.json');
    const className = config?.get('tokenizer_class');
    if (typeof className === 'string' && !CLIP_CLASS.test(className)) {
      throw new PromptError(`its class is ${quoted(className)}, and only CLIP's tokenizer is read here`);
    }
    if (!pair && !has('tokenizer.json')) {
      const missing = has('vocab.json') ? 'merges.txt' : 'vocab.json';
      throw new PromptError(
        other === undefined
          ? `${missing} is missing in it`
          : `it is ${OTHERS.get(other)}, and only CLIP's tokenizer is read here`,
      );
    }
    const [vocab, merges, tokenizerJson] = [
      pair ? await open('vocab.json') : undefined,
      pair ? await open('merges.txt') : undefined,
      pair ? undefined : await open('tokenizer.json'),
    ];
    const specialTokensMap = await readObject(tree, folder, names, 'special_tokens_map.json');
    const addedTokens = await readObject(tree, folder, names, 'added_tokens.json');
    const tokenizer = makeTokenizer({
      ...(vocab === undefined ? {} : { vocab }),
      ...(merges === undefined ? {} : { merges }),
      ...(tokenizerJson === undefined ? {} : { tokenizerJson }),
      ...(config === undefined ? {} : { config }),
      ...(specialTokensMap === undefined ? {} : { specialTokensMap }),
      ...(addedTokens === undefined ? {} : { addedTokens }),
    });
    return { tokenizer };
  } catch (error) {
    if (!(error instanceof PromptError || error instanceof ReadError)) throw error;
    return {
      problem: `the tokenizer in ${folder === '' ? tree.name : join(tree.name, folder)} cannot be used: ${error.message}`,
    };
  }
}

async function readBytes(tree: ByteTree, path: string, limit: number): Promise<TokenizerFile> {
  const source = await tree.open(path);
  try {
    if (source.size > limit) {
      throw new PromptError(
        `${path} has ${source.size} bytes and at most ${limit} are read; no tokenizer needs more`,
      );
    }
    return { name: path, bytes: await source.read(0, source.size) };
  } finally {
    await source.close();
  }
}

async function readObject(
  tree: ByteTree,
  folder: string,
  names: readonly string[],
  name: string,
): Promise<JsonObject | undefined> {
  if (!names.includes(name)) return undefined;
  const { bytes, name: path } = await readBytes(tree, join(folder, name), MAX_TOKENIZER_CONFIG_BYTES);
  const { value } = parseJson(bytes);
  if (!isJsonObject(value)) throw new PromptError(`${path} holds no JSON object`);
  return value;
}
