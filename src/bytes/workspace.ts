/** Where a program that maps files itself finds them, and a place for files that live as long as a run. */
import { mkdtemp, open, readdir, realpath, rm, statfs } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { openFile } from './file.ts';
import { type ByteSource, ReadError } from './source.ts';

/** Files below one folder. */
export interface Located {
  /** Real path of the folder. */
  readonly folder: string;
  /** Path of each file below it, links resolved, `/` between the parts, in the order given. */
  readonly paths: readonly string[];
}

/**
 * The nearest folder that all of these files really lie in, and their paths below it.
 * @throws {ReadError} when one is absent, or they lie on different drives.
 */
export async function locate(files: readonly string[]): Promise<Located> {
  const real = await Promise.all(
    files.map((file) =>
      realpath(file).catch(() => {
        throw new ReadError(file, 'absent', 'it was there and is gone');
      }),
    ),
  );
  const folder = real.map(dirname).reduce(commonFolder, dirname(real[0] ?? resolve('.')));
  return { folder, paths: real.map((file) => relative(folder, file).split(sep).join('/')) };
}

function commonFolder(a: string, b: string): string {
  let folder = a;
  while (!isBelow(b, folder)) {
    const above = dirname(folder);
    if (above === folder) {
      throw new ReadError(b, 'refused', `it lies on another drive than ${a}`, 'Copy them to one drive.');
    }
    folder = above;
  }
  return folder;
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** A folder of temporary files, gone when it is closed. */
export interface Scratch {
  readonly folder: string;
  /**
   * Makes a file and lets `fill` write it.
   * @param bytes how long it will be: refused at once where the disk has no room for it
   * @returns its path
   * @throws {ReadError} when it cannot be written.
   */
  write(
    name: string,
    bytes: number,
    fill: (write: (chunk: Uint8Array) => Promise<void>) => Promise<void>,
  ): Promise<string>;
  /** Removes one of the files. */
  remove(name: string): Promise<void>;
  close(): Promise<void>;
}

const PREFIX = 'ungarble-';

/** `ungarble-host-1234-`: whose folder it is, so that the next run can tell that nobody uses it any more. */
function ownPrefix(pid: number): string {
  return `${hostPrefix()}${pid}-`;
}

function hostPrefix(): string {
  return `${PREFIX}${hostname().replaceAll(/[^\w.]/g, '_')}-`;
}

/** Makes a folder for temporary files, and removes those that runs which were killed have left behind. */
export async function openScratch(parent: string = tmpdir()): Promise<Scratch> {
  await removeAbandoned(parent);
  const folder = await mkdtemp(join(parent, ownPrefix(process.pid))).catch((error: unknown) => {
    throw cannotWrite(parent, error);
  });
  return {
    folder,
    async write(name, bytes, fill) {
      const path = join(folder, name);
      await checkRoom(folder, bytes);
      const handle = await open(path, 'wx', 0o600);
      try {
        await fill(async (chunk) => {
          let had = 0;
          while (had < chunk.length) had += (await handle.write(chunk, had)).bytesWritten;
        });
      } catch (error) {
        throw error instanceof ReadError ? error : cannotWrite(folder, error);
      } finally {
        await handle.close();
      }
      return path;
    },
    remove: (name) => rm(join(folder, name), { force: true }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Removes the folders of this machine's processes that are no more. */
export async function removeAbandoned(parent: string = tmpdir()): Promise<void> {
  const own = hostPrefix();
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const pid = name.startsWith(own) ? Number(/^(\d+)-/.exec(name.slice(own.length))?.[1]) : Number.NaN;
    if (!Number.isInteger(pid) || isRunning(pid)) continue;
    // another user's cannot be removed, and another run may be removing it too
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

async function checkRoom(folder: string, bytes: number): Promise<void> {
  const stats = await statfs(folder).catch(() => undefined);
  if (stats === undefined) return;
  const free = stats.bavail * stats.bsize;
  if (free < bytes) {
    const [needs, has] = [megabytes(bytes), megabytes(free)];
    throw new ReadError(
      folder,
      'system',
      `${needs} MB are needed there for a time, ${has} MB are free`,
      HINT,
    );
  }
}

const HINT = 'Make room, or name a folder with room in TMPDIR.';

function megabytes(bytes: number): string {
  return Math.ceil(bytes / 1e6).toLocaleString('en');
}

function cannotWrite(folder: string, error: unknown): ReadError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const why = code === 'ENOSPC' || code === 'EDQUOT' ? 'the disk is full' : code;
  return new ReadError(folder, 'system', `no temporary file can be written there: ${why}`, HINT);
}

/** A checkpoint's files as a runtime wants them, and room for temporary files, all below one folder. */
export interface Workspace {
  /** Real path of the folder. */
  readonly folder: string;
  /** Path of each file below the folder, `/` between the parts, in the order given. */
  readonly paths: readonly string[];
  /** Path below the folder that a temporary file of that name will have. */
  temporary(name: string): string;
  /**
   * One of the files, which stays open as long as the workspace does.
   * @throws {ReadError} when it cannot be opened.
   */
  source(file: number): Promise<ByteSource>;
  /** As `Scratch.write`. */
  write: Scratch['write'];
  /** As `Scratch.remove`. */
  remove: Scratch['remove'];
  /** Closes the files and removes the temporary ones. */
  close(): Promise<void>;
}

/**
 * Opens the files of a checkpoint for a run.
 * @param files paths as the system has them
 * @throws {ReadError} when one is absent, or there is no room for temporary files.
 */
export async function openWorkspace(files: readonly string[]): Promise<Workspace> {
  const scratch = await openScratch();
  const sources = new Map<number, ByteSource>();
  const close = async (): Promise<void> => {
    for (const source of sources.values()) await source.close();
    await scratch.close();
  };
  try {
    // a place in the temporary folder makes the common folder one that holds it too
    const located = await locate([...files, scratch.folder]);
    const temporary = located.paths.at(-1) as string;
    return {
      folder: located.folder,
      paths: located.paths.slice(0, -1),
      temporary: (name) => `${temporary}/${name}`,
      async source(file) {
        const source = sources.get(file) ?? (await openFile(files[file] as string));
        sources.set(file, source);
        return source;
      },
      write: scratch.write,
      remove: scratch.remove,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
