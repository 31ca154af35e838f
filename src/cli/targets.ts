/** What the command line names, as models: each file, model folder or set of shards is one target. */
import type { Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { posix, resolve } from 'node:path';
import { openFile, openTree } from '../bytes/file.ts';
import { ReadError } from '../bytes/source.ts';
import { isModelFile, type WeightsSet, weightsSets } from '../formats/weights-names.ts';
import { UsageError } from './exit.ts';
import { COMPONENT_FOLDERS, isOneModel, isShards, only } from './model-folder.ts';
import { isAddress, type OpenRemote, type Read, type Remote, type Target } from './target.ts';

export type { Target } from './target.ts';

/** Something below a named folder that was seen and not looked into. */
interface PassedOver {
  readonly path: string;
  readonly reason: string;
}

export interface Targets {
  readonly targets: readonly Target[];
  readonly passedOver: readonly PassedOver[];
  /** Files and folders that were found and are not to be looked at; what is below such a folder is not counted. */
  readonly excluded: number;
}

/** What is found below folders and by patterns and is not to be looked at, by its path; a folder's ends in `/`. */
export type Excludes = (path: string) => boolean;

/** Links found on the way may lead anywhere, or in a circle. */
const LINKED = 'a symbolic link; name it yourself to have it checked';

/**
 * Finds the models that the arguments name: files, folders, glob patterns and addresses, in the order given and sorted
 * below each. A folder that is one model is one target; any other is searched for models.
 * @param excludes never asked of what an argument names itself
 * @throws {UsageError} when an argument names nothing.
 */
export async function findTargets(
  names: readonly string[],
  cwd: string,
  openRemote?: OpenRemote,
  excludes: Excludes = () => false,
): Promise<Targets> {
  const found = new Search(cwd, openRemote, excludes);
  for (const name of names) await found.argument(name);
  const { targets, passedOver, excluded } = found;
  if (targets.size === 0 && passedOver.length === 0) {
    const where = names.map((name) => JSON.stringify(name)).join(', ');
    const why =
      excluded.size === 0 ? '' : ` that "exclude" of the config leaves (it takes ${excluded.size} out)`;
    throw new UsageError(`no model file in ${where}${why}`);
  }
  return { targets: [...targets.values()], passedOver, excluded: excluded.size };
}

/**
 * The one model that a name stands for.
 * @throws {UsageError} when there is no such file or folder, or the address is none.
 */
export async function singleTarget(name: string, cwd: string, openRemote?: OpenRemote): Promise<Target> {
  if (isAddress(name)) return (await remoteOf(openRemote)).target(name);
  const kind = await kindOf(resolve(cwd, name));
  if (kind === undefined) throw new UsageError(`no such file or folder: ${JSON.stringify(name)}`);
  return kind === 'folder' ? folderTarget(slashed(name), cwd) : await fileTarget(slashed(name), cwd);
}

/** @throws {UsageError} where what was asked for cannot be done over the network. */
async function remoteOf(openRemote: OpenRemote | undefined): Promise<Remote> {
  if (openRemote !== undefined) return openRemote();
  throw new UsageError('this needs the weights on this machine: download the model, and give its path');
}

class Search {
  readonly targets = new Map<string, Target>();
  readonly passedOver: PassedOver[] = [];
  readonly excluded = new Set<string>();
  private readonly cwd: string;
  private readonly openRemote: OpenRemote | undefined;
  private readonly excludes: Excludes;

  constructor(cwd: string, openRemote: OpenRemote | undefined, excludes: Excludes) {
    this.cwd = cwd;
    this.openRemote = openRemote;
    this.excludes = excludes;
  }

  async argument(name: string): Promise<void> {
    if (isAddress(name)) {
      for (const target of await this.remote(name)) {
        if (!this.targets.has(target.path)) this.targets.set(target.path, target);
      }
      return;
    }
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
    const found = () => this.targets.size + this.passedOver.length + this.excluded.size;
    const before = found();
    for (const match of matches) {
      const isFolder = (await kindOf(resolve(this.cwd, match))) === 'folder';
      if (!isFolder && !isModelFile(posix.basename(match))) continue;
      if (this.isExcluded(match, isFolder)) continue;
      if (isFolder) await this.folder(match);
      else this.add(await fileTarget(match, this.cwd));
    }
    for (const linked of await match(true)) {
      if (matches.includes(linked) || !isModelFile(posix.basename(linked))) continue;
      if (!this.isExcluded(linked, false)) this.passOver(linked, LINKED);
    }
    const known = matches.some(
      (match) => this.targets.has(resolve(this.cwd, match)) || this.excluded.has(match),
    );
    if (found() === before && !known) {
      throw new UsageError(`no model file matches ${JSON.stringify(name)}`);
    }
  }

  /** The models at an address. One that cannot be listed is a target all the same: its opening says why. */
  private async remote(address: string): Promise<readonly Target[]> {
    const remote = await remoteOf(this.openRemote);
    try {
      return await remote.targets(address);
    } catch (error) {
      if (!(error instanceof ReadError)) throw error;
      const { source: path } = error;
      return [{ path, root: path, open: () => Promise.reject(error) }];
    }
  }

  private isExcluded(path: string, isFolder: boolean): boolean {
    // `old/**` and `old` both mean the folder
    const excluded = this.excludes(path) || (isFolder && this.excludes(`${path}/`));
    if (excluded) this.excluded.add(path);
    return excluded;
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
        if (!entry.name.startsWith('.') && !this.isExcluded(below, true)) await this.folder(below);
      } else if (!isModelFile(entry.name) || this.isExcluded(below, false)) {
        continue;
      } else if (entry.isFile()) {
        this.add(await fileTarget(below, this.cwd));
      } else {
        this.passOver(below, entry.isSymbolicLink() ? LINKED : 'no regular file');
      }
    }
  }
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

function folderTarget(path: string, cwd: string): Target {
  const tree = () => openTree(resolve(cwd, path), path);
  return {
    path,
    root: path,
    open: async (read) => read(await tree()),
    source: async (file) => (await tree()).open(file),
  };
}

/** The file; for one shard of a set or its index, the whole set. */
async function fileTarget(path: string, cwd: string): Promise<Target> {
  const name = posix.basename(path);
  const [named] = weightsSets([name]);
  if (named !== undefined && isShards(named)) return shardsTarget(posix.dirname(path), name, named, cwd);
  const folder = path.slice(0, path.length - name.length);
  const beside = () => openTree(resolve(cwd, folder), folder);
  const source = async (file: string) =>
    file === path ? openFile(resolve(cwd, path), path) : (await beside()).open(file.slice(folder.length));
  const open = async <T>(read: Read<T>) => {
    const opened = await source(path);
    try {
      return await read(opened, { beside });
    } finally {
      await opened.close();
    }
  };
  // its name among the files is the path as it was named
  return { path, root: '.', open, source };
}

async function shardsTarget(folder: string, name: string, named: WeightsSet, cwd: string): Promise<Target> {
  const files = await readdir(resolve(cwd, folder)).catch(() => [name]);
  const set = weightsSets(files).find(
    ({ stem, variant }) => stem === named.stem && variant === named.variant,
  );
  const shards = set?.shards ?? [name];
  const index = set?.index;
  const path = posix.join(folder, index ?? shards[0] ?? name);
  const tree = () => openTree(resolve(cwd, folder), folder);
  const open = async <T>(read: Read<T>) =>
    index === undefined ? read(only(shards, await tree())) : read(await tree(), { index });
  return { path, root: folder, open, source: async (file) => (await tree()).open(file) };
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
