import { resolve } from 'node:path';
import { openTree } from '../bytes/file.ts';
import { openWorkspace, type Workspace } from '../bytes/workspace.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { openCheckpoint } from '../formats/index.ts';
import {
  createSession,
  type FoundTokenizer,
  readTokenizer,
  type Session,
  type SessionOptions,
  UnsupportedNetError,
} from '../smoke/index.ts';
import { webgpuAdapter } from './adapter.ts';
import { availableMemory } from './memory.ts';
import { singleTarget } from './targets.ts';

export interface OpenSessionOptions extends Omit<SessionOptions, 'tokenizers' | 'adapter'> {
  /** A folder with the tokenizer of a model that has none beside it. */
  readonly tokenizer?: string;
  /** What relative paths start from; the working folder where absent. */
  readonly cwd?: string;
}

/** A session, and the files that it holds open. */
export interface OpenedSession {
  readonly session: Session;
  readonly workspace: Workspace;
  /** Gives memory back, closes files and removes temporary ones. */
  close(): Promise<void>;
}

/**
 * Opens a checkpoint on the disk to be run: a file, a model folder, or an index of shards.
 * @throws {UsageError} when nothing is at the path, {ReadError} when it cannot be opened, {UnsupportedNetError} when
 *   there is nothing in it that can be run.
 */
export async function openSession(path: string, options: OpenSessionOptions = {}): Promise<OpenedSession> {
  const { tokenizer, cwd = process.cwd(), ...rest } = options;
  const target = await singleTarget(path, cwd);
  const checkpoint = await target.open(openCheckpoint);
  checkContainer(checkpoint);
  const root = resolve(cwd, target.root);
  const workspace = await openWorkspace(checkpoint.files.map((file) => resolve(root, file.path)));
  try {
    const tokenizers =
      tokenizer === undefined
        ? await tokenizersBeside(checkpoint, root)
        : await namedTokenizer(checkpoint, resolve(cwd, tokenizer), tokenizer);
    const session = await createSession(checkpoint, workspace, {
      availableMemory,
      ...rest,
      adapter: webgpuAdapter,
      tokenizers,
    });
    const close = async (): Promise<void> => {
      await session.close();
      await workspace.close();
    };
    return { session, workspace, close };
  } catch (error) {
    await workspace.close();
    throw error;
  }
}

/** What a strict reader refuses is not mapped either: its offsets may mean nothing. */
function checkContainer({ faults, container, unchecked, path }: Checkpoint): void {
  const hint = 'ungarble validate says what is wrong with it and how to mend it';
  if (container === 'unknown') {
    const why = unchecked[0]?.reason ?? 'it is no checkpoint that can be run';
    throw new UnsupportedNetError(`${path}: ${why}; ${hint}`);
  }
  const bad = faults.find((fault) => 'reference' in fault && fault.reference === 'refuses');
  if (bad !== undefined)
    throw new UnsupportedNetError(`${path}: its container is damaged (${bad.kind}); ${hint}`);
}

/** Tokenizers of a diffusers folder, by the text encoder that they belong to. */
async function tokenizersBeside(
  checkpoint: Checkpoint,
  root: string,
): Promise<ReadonlyMap<string, FoundTokenizer>> {
  const found = new Map<string, FoundTokenizer>();
  if (checkpoint.container !== 'diffusers-folder') return found;
  const tree = await openTree(root, checkpoint.path);
  for (const { name } of checkpoint.parts) {
    const match = /^text_encoder(_\d)?$/.exec(name);
    if (match === null) continue;
    const tokenizer = await readTokenizer(tree, `tokenizer${match[1] ?? ''}`);
    if (tokenizer !== undefined) found.set(name, tokenizer);
  }
  return found;
}

/** The one that was named, for every text encoder. */
async function namedTokenizer(
  { parts }: Checkpoint,
  folder: string,
  name: string,
): Promise<ReadonlyMap<string, FoundTokenizer>> {
  const found = (await readTokenizer(await openTree(folder, name), '')) ?? {
    problem: `no tokenizer lies in ${name}`,
  };
  return new Map(parts.map((part) => [part.name, found]));
}
