/** The golden ids of fixtures/prompts, and tokenizers of what lies there. */
import { readFileSync } from 'node:fs';
import type { ByteTree } from '../../../src/bytes/source.ts';
import { readTokenizer, type Tokenizer } from '../../../src/smoke/prompt/index.ts';
import { buildFolder, type Content } from '../../build/folder.ts';

export interface Case {
  readonly text: string;
  /** Without begin and end. */
  readonly tokens: readonly number[];
  /** What follows them where the text is framed to 77: at most three. */
  readonly tail: readonly number[];
}

interface ClipGolden {
  readonly builtin: readonly { readonly name: string; readonly text: string; readonly tokens: number[] }[];
  readonly cases: readonly Case[];
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly string[];
}

interface ShapesGolden {
  readonly setups: readonly {
    readonly setup: string;
    readonly configs?: Readonly<Record<string, object>>;
    readonly vocab?: 'ascii';
    readonly cases: readonly Case[];
  }[];
}

export const SHAPES_TOKENIZER = 'fixtures/shapes/sd1-v/tokenizer';

const read = (path: string): string => readFileSync(path, 'utf8');

export const clipGolden = (): ClipGolden => JSON.parse(read('fixtures/prompts/clip.json')) as ClipGolden;

export const shapesGolden = (): ShapesGolden =>
  JSON.parse(read('fixtures/prompts/shapes.json')) as ShapesGolden;

/** The files of a tokenizer in the extract of CLIP's vocabulary. */
export function clipFiles(): Record<string, Content> {
  const { vocab, merges } = clipGolden();
  return { 'vocab.json': vocab, 'merges.txt': `#version: 0.2\n${merges.join('\n')}\n` };
}

/** The files of the shapes fixture's tokenizer. */
export function shapesFiles(configs?: Readonly<Record<string, object>>): Record<string, Content> {
  const files: Record<string, Content> = {
    'vocab.json': read(`${SHAPES_TOKENIZER}/vocab.json`),
    'merges.txt': read(`${SHAPES_TOKENIZER}/merges.txt`),
  };
  for (const [name, config] of Object.entries(configs ?? {})) files[`${name}.json`] = config;
  return files;
}

/** The tokenizer in a tree. @throws where there is none. */
export async function tokenizerIn(tree: ByteTree, folder = ''): Promise<Tokenizer> {
  const found = await readTokenizer(tree, folder);
  if (found?.tokenizer === undefined) throw new Error(found?.problem ?? 'no tokenizer there');
  return found.tokenizer;
}

export const tokenizerOf = (files: Record<string, Content>): Promise<Tokenizer> =>
  tokenizerIn(buildFolder(files));
