/** What the command line names, as models: each file, model folder or set of shards is one target. */
import type { Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { posix, resolve } from 'node:path';
import { openFile, openTree } from '../bytes/file.ts';
import type { ByteTree } from '../bytes/source.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { openCheckpoint } from '../formats/index.ts';
import { isKnownStem, isOtherWeightsName, weightsSets, type WeightsSet } from '../formats/weights-names.ts';
import { UsageError } from './exit.ts';

/** One model to look at. */
export interface Target {
  /** As the user named it, or as found below what they named; `/` between the parts. */
  readonly path: string;
  /** The folder that the paths of the checkpoint's files are relative to, itself relative to the working folder. */
  readonly root: string;
  /** @throws {ReadError} when it cannot be had. */
  open(): Promise<Checkpoint>;
}

/** Something below a named folder that was seen and not looked into. */
interface PassedOver {
  readonly path: string;
  readonly reason: string;
}

export interface Targets {
  readonly targets: readonly Target[];
  readonly passedOver: readonly PassedOver[];
}

const COMPONENT_FOLDERS = /^(?:unet|vae|transformer|text_encoder(?:_\d)?|image_encoder)$/;

/** Links found on the way may lead anywhere, or in a circle. */
const LINKED = 'a symbolic link; name it yourself to have it checked';

/**
 * Finds the models that the arguments name: files, folders and glob patterns, in the order given and sorted
 * below each. A folder that is one model is one target; any other is searched for models.
 * @throws {UsageError} when an argument names nothing.
 */
export async function findTargets(names: readonly string[], cwd: string): Promise<Targets> {
  const found = new Search(cwd);
  for (const name of names) await found.argument(name);
  if (found.targets.size === 0 && found.passedOver.length === 0) {
    throw new UsageError(`no model file in ${names.map((name) => JSON.stringify(name)).join(', ')}`);
  }
  return { targets: [...found.targets.values()], passedOver: found.passedOver };
}

/**
 * The one model that a name stands for.
 * @throws {UsageError} when there is no such file or folder.
 */
export async function singleTarget(name: string, cwd: string): Promise<Target> {
  const kind = await kindOf(resolve(cwd, name));
  if (kind === undefined) throw new UsageError(`no such file or folder: ${JSON.stringify(name)}`);
  return kind === 'folder' ? folderTarget(slashed(name), cwd) : await fileTarget(slashed(name), cwd);
}

class Search {
  readonly targets = new Map<string, Target>();
  readonly passedOver: PassedOver[] = [];
  private readonly cwd: string;

  constructor(cwd: string) {
    this.cwd = cwd;
  }

  async argument(name: string): Promise<void> {
    // a name with brackets that exists is that file, and no pattern
    const kind = await kindOf(resolve(this.cwd, name));
    if (kind === 'folder') return this.folder(slashed(name));
    if (kind === 'file') return this.add(await fileTarget(slashed(name), this.cwd));
    const { glob, isDynamicPattern } = await import('tinyglobby');
    if (!isDynamicPattern(name)) throw new UsageError(`no such file or folder: ${JSON.stringify(name)}`);
    const options = { cwd: this.cwd, onlyFiles: false, expandDirectories: false };
    const match = async (followSymbolicLinks: boolean) =>
      (await glob(name, { ...options, followSymbolicLinks })).map((path) => path.replace(/\/$/, '')).sort();
    const matches = await match(false);
    const before = this.targets.size + this.passedOver.length;
    for (const match of matches) {
      if ((await kindOf(resolve(this.cwd, match))) === 'folder') await this.folder(match);
      else if (isModelName(posix.basename(match))) this.add(await fileTarget(match, this.cwd));
    }
    for (const linked of await match(true)) {
      if (!matches.includes(linked) && isModelName(posix.basename(linked))) this.passOver(linked, LINKED);
    }
    const known = matches.some((match) => this.targets.has(resolve(this.cwd, match)));
    if (this.targets.size + this.passedOver.length === before && !known) {
      throw new UsageError(`no model file matches ${JSON.stringify(name)}`);
    }
  }

  private passOver(path: string, reason: string): void {
    this.passedOver.push({ path, reason });
  }

  private add(target: Target): void {
    const key = resolve(this.cwd, target.path);
    if (!this.targets.has(key)) this.targets.set(key, target);
  }

  /** A model of its own, or a folder to be searched. Symbolic links are not followed, hidden folders not entered. */
  private async folder(path: string): Promise<void> {
    let entries;
    try {
      entries = await readdir(resolve(this.cwd, path), { withFileTypes: true });
    } catch (error) {
      return this.passOver(path, `folder cannot be listed (${codeOf(error)})`);
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
    if (isOneModel(files) || (await isPipeline(entries, resolve(this.cwd, path))))
      return this.add(folderTarget(path, this.cwd));
    for (const entry of entries) {
      const below = path === '.' ? entry.name : posix.join(path, entry.name);
      if (entry.isDirectory()) {
        if (!entry.name.startsWith('.')) await this.folder(below);
      } else if (!isModelName(entry.name)) {
        continue;
      } else if (entry.isFile()) {
        this.add(await fileTarget(below, this.cwd));
      } else {
        this.passOver(below, entry.isSymbolicLink() ? LINKED : 'no regular file');
      }
    }
  }
}

/** A diffusers folder by its index, one component of it, or one set of shards. */
function isOneModel(files: readonly string[]): boolean {
  if (files.includes('model_index.json')) return true;
  const sets = weightsSets(files);
  if (files.includes('config.json')) return sets.length > 0 || files.some(isOtherWeightsName);
  if (sets.length === 0) return false;
  return sets.every(({ stem }) => isKnownStem(stem)) || (sets.length === 1 && isShards(sets[0]));
}

/**
 * A diffusers folder without its index: a component folder with its config. The folders of ComfyUI are named
 * alike (`models/unet`, `models/vae`) and hold models of their own.
 */
async function isPipeline(entries: readonly Dirent[], path: string): Promise<boolean> {
  for (const entry of entries) {
    if (!entry.isDirectory() || !COMPONENT_FOLDERS.test(entry.name)) continue;
    if ((await kindOf(resolve(path, entry.name, 'config.json'))) === 'file') return true;
  }
  return false;
}

function isShards(set: WeightsSet | undefined): boolean {
  return set !== undefined && (set.shards.length > 0 || set.index !== undefined);
}

function isModelName(name: string): boolean {
  return weightsSets([name]).length > 0 || isOtherWeightsName(name);
}

function folderTarget(path: string, cwd: string): Target {
  return { path, root: path, open: async () => openCheckpoint(await openTree(resolve(cwd, path), path)) };
}

/** The file; for one shard of a set or its index, the whole set. */
async function fileTarget(path: string, cwd: string): Promise<Target> {
  const name = posix.basename(path);
  const [named] = weightsSets([name]);
  if (named !== undefined && isShards(named)) return shardsTarget(posix.dirname(path), name, named, cwd);
  const open = async () => {
    const source = await openFile(resolve(cwd, path), path);
    try {
      return await openCheckpoint(source);
    } finally {
      await source.close();
    }
  };
  // its name among the files is the path as it was named
  return { path, root: '.', open };
}

async function shardsTarget(folder: string, name: string, named: WeightsSet, cwd: string): Promise<Target> {
  const files = await readdir(resolve(cwd, folder)).catch(() => [name]);
  const set = weightsSets(files).find(
    ({ stem, variant }) => stem === named.stem && variant === named.variant,
  );
  const shards = set?.shards ?? [name];
  const index = set?.index;
  const path = posix.join(folder, index ?? shards[0] ?? name);
  const open = async () => {
    const tree = await openTree(resolve(cwd, folder), folder);
    return index === undefined ? openCheckpoint(only(shards, tree)) : openCheckpoint(tree, { index });
  };
  return { path, root: folder, open };
}

/** The tree as if only these files stood in it. */
function only(names: readonly string[], tree: ByteTree): ByteTree {
  return {
    name: tree.name,
    list: async (path) =>
      path === '' ? (await tree.list('')).filter((entry) => names.includes(entry.path)) : [],
    open: (path) => tree.open(path),
  };
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    // there, yet not to be looked at: opening it will say why
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') {
      return (await lstat(path).catch(() => undefined)) === undefined ? undefined : 'file';
    }
    return 'file';
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

/** The name with `/` between its parts, as it is on every machine; a trailing one goes. */
function slashed(name: string): string {
  const forward = process.platform === 'win32' ? name.replaceAll('\\', '/') : name;
  return forward.length > 1 ? forward.replace(/\/+$/, '') || '/' : forward;
}
