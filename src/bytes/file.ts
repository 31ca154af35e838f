/** Files and folders of the machine as sources of bytes. The only file of the core that knows Node. */
import { constants, fstatSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open, opendir, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { MAX_FOLDER_ENTRIES } from './limits.ts';
import { pathRefusal } from './path-policy.ts';
import { type ByteSource, type ByteTree, checkRange, ReadError, type TreeEntry } from './source.ts';

/** Bytes asked of the system at once: its own limit is 2³¹−1, and a smaller buffer is no slower. */
const MAX_READ_AT_ONCE = 1 << 30;

/**
 * Bytes up to which a read does not go through the thread pool: from the page cache it takes a few microseconds, and
 * handing it over and back a hundred. A container of a thousand entries is some thousands of such reads.
 */
const MAX_DIRECT_READ = 1 << 16;

/** Milliseconds after which a direct read shows that the file does not lie in memory: the next ones wait elsewhere. */
const SLOW_READ = 2;

/** Open without waiting: a FIFO would block until something writes to it. Absent on Windows. */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file that the user named; a symbolic link may lead anywhere.
 * @param name what people are shown; the path where absent.
 * @throws {ReadError} when it is absent, cannot be opened or is no regular file.
 */
export async function openFile(path: string, name: string = path): Promise<ByteSource> {
  const handle = await attempt(name, () => openRegular(path, name));
  const opened = await attempt(name, () => handle.stat());
  return new FileSource(name, handle, opened);
}

/**
 * Opens a folder. Files in it may be symbolic links to regular files in the folder, or to the `blobs` of the
 * Hugging Face cache that it lies in; nothing else outside it is opened.
 * @throws {ReadError} when it is absent or no folder.
 */
export async function openTree(folder: string, name: string = folder): Promise<ByteTree> {
  const stats = await attempt(name, () => stat(folder));
  if (!stats.isDirectory()) throw new ReadError(name, 'refused', 'it is not a folder');
  return new FolderTree(resolve(folder), name, await attempt(name, () => allowedRoots(folder)));
}

class FileSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #opened: Stats;
  /** Whether a read from this file has kept the process waiting: a disk at rest, a network. */
  #slow = false;

  constructor(name: string, handle: FileHandle, opened: Stats) {
    this.name = name;
    this.size = opened.size;
    this.#handle = handle;
    this.#opened = opened;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    const bytes = new Uint8Array(length);
    await attempt(this.name, () =>
      length > MAX_DIRECT_READ || this.#slow
        ? this.#readElsewhere(bytes, offset)
        : this.#readHere(bytes, offset),
    );
    return bytes;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #readHere(bytes: Uint8Array, offset: number): Promise<void> {
    const began = performance.now();
    for (let had = 0; had < bytes.length; ) {
      had += this.#progress(
        readSync(this.#handle.fd, bytes, had, bytes.length - had, offset + had),
        offset + had,
      );
    }
    this.#checkUnchanged(fstatSync(this.#handle.fd));
    this.#slow = performance.now() - began > SLOW_READ;
  }

  async #readElsewhere(bytes: Uint8Array, offset: number): Promise<void> {
    for (let had = 0; had < bytes.length; ) {
      const wanted = Math.min(bytes.length - had, MAX_READ_AT_ONCE);
      const { bytesRead } = await this.#handle.read(bytes, had, wanted, offset + had);
      had += this.#progress(bytesRead, offset + had);
    }
    this.#checkUnchanged(await this.#handle.stat());
  }

  /** `count` bytes, read at byte `at`. @throws {ReadError} when there was none: the file is shorter than it was. */
  #progress(count: number, at: number): number {
    if (count > 0) return count;
    throw new ReadError(this.name, 'short', `it ends at byte ${at}, not at ${this.size}`);
  }

  /** A file that is being written or replaced gives a header of one and data of another. */
  #checkUnchanged({ size, mtimeMs }: Stats): void {
    if (size === this.#opened.size && mtimeMs === this.#opened.mtimeMs) return;
    const hint = 'Wait until whatever writes the file has ended.';
    throw new ReadError(this.name, 'changed', 'it changed while it was read', hint);
  }
}

class FolderTree implements ByteTree {
  readonly name: string;
  readonly #folder: string;
  readonly #roots: readonly string[];

  constructor(folder: string, name: string, roots: readonly string[]) {
    this.name = name;
    this.#folder = folder;
    this.#roots = roots;
  }

  async list(path: string): Promise<readonly TreeEntry[]> {
    const folder = await this.#resolve(path).catch((error: unknown) => {
      if (error instanceof ReadError && error.code === 'absent') return undefined;
      throw error;
    });
    if (folder === undefined) return [];
    return attempt(path, async () => {
      if (!(await stat(folder)).isDirectory()) return [];
      const entries: TreeEntry[] = [];
      for await (const { name } of await opendir(folder)) {
        if (entries.length === MAX_FOLDER_ENTRIES) {
          throw new ReadError(path, 'budget', `it holds more than ${MAX_FOLDER_ENTRIES} entries`);
        }
        // what a broken link or an unreadable entry is shows when it is opened
        const stats = await stat(join(folder, name)).catch(() => undefined);
        const below = path === '' ? name : `${path}/${name}`;
        if (stats?.isDirectory()) entries.push({ path: below, kind: 'folder', size: 0 });
        else entries.push({ path: below, kind: 'file', size: stats?.size ?? 0 });
      }
      return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
    });
  }

  async open(path: string): Promise<ByteSource> {
    if (path === '') throw new ReadError(this.name, 'refused', 'it is not a regular file');
    const file = await this.#resolve(path);
    // the resolved path is opened, so that the link cannot be turned elsewhere in between
    return openFile(file, path);
  }

  /** The real path of what stands at `path`. @throws {ReadError} when that leads out of the tree. */
  async #resolve(path: string): Promise<string> {
    const refusal = path === '' ? undefined : pathRefusal(path);
    if (refusal !== undefined) throw new ReadError(path, 'refused', refusal);
    const real = await attempt(path, () => realpath(join(this.#folder, ...path.split('/'))));
    if (this.#roots.some((root) => isWithin(real, root))) return real;
    throw new ReadError(path, 'refused', 'it is a link that leads out of the folder');
  }
}

/** The folders that a file of the tree may really lie in. */
async function allowedRoots(folder: string): Promise<readonly string[]> {
  const real = await realpath(folder);
  const logical = resolve(folder);
  const blobs = await Promise.all([blobsBeside(logical), blobsBeside(real)]);
  const roots = [logical, real, ...blobs.filter((path) => path !== undefined)];
  return [...new Set(roots)];
}

/**
 * The `blobs` folder of a Hugging Face cache, when the path leads into `snapshots/<revision>` beside it.
 * Source: huggingface_hub, cache layout `models--org--name/{blobs,refs,snapshots}`.
 */
async function blobsBeside(path: string): Promise<string | undefined> {
  const parts = path.split(sep);
  const at = parts.lastIndexOf('snapshots');
  if (at < 1 || at === parts.length - 1) return undefined;
  const cache = parts.slice(0, at).join(sep);
  const blobs = await realpath(join(cache, 'blobs')).catch(() => undefined);
  // a link `blobs` that leads elsewhere would open the rest of the machine
  const within = blobs !== undefined && isWithin(blobs, await realpath(cache));
  return within ? blobs : undefined;
}

function isWithin(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

async function openRegular(path: string, name: string): Promise<FileHandle> {
  const refused = () => new ReadError(name, 'refused', 'it is not a regular file');
  // asked before it is opened, because to open some devices is to act on them
  if (!(await stat(path)).isFile()) throw refused();
  const handle = await open(path, OPEN_FLAGS);
  if ((await handle.stat()).isFile()) return handle;
  await handle.close();
  throw refused();
}

/** Runs `action`; what the system refuses becomes a ReadError about `name`. */
async function attempt<T>(name: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof ReadError || !('code' in error)) throw error;
    const absent = error.code === 'ENOENT' || error.code === 'ENOTDIR';
    if (absent) throw new ReadError(name, 'absent', 'there is no such file or folder');
    throw new ReadError(name, 'system', SYSTEM_REASONS.get(String(error.code)) ?? String(error.code));
  }
}

const SYSTEM_REASONS: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'it may not be read: permission denied'],
  ['EPERM', 'it may not be read: not permitted'],
  ['EIO', 'the device failed to read it'],
  ['EMFILE', 'too many files are open'],
  ['ENFILE', 'too many files are open'],
  ['ELOOP', 'its links lead in a circle'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['ENXIO', 'it is not a regular file'],
]);
