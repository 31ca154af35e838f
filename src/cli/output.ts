import { constants } from 'node:fs';
import { copyFile, link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UsageError } from './exit.ts';

/** A file could not be written. One sentence, and what to do. */
export class WriteError extends Error {
  override readonly name = 'WriteError';
}

/** Writes the bytes of a file, piece by piece. */
export type Fill = (write: (bytes: Uint8Array) => Promise<void>) => Promise<void>;

/**
 * Writes a file whole or not at all: beside it first, then under its name.
 * @param content its bytes, or what writes them
 * @param replace whether a file of that name may be written over
 * @throws {UsageError} when there is one already, {WriteError} when it cannot be written.
 */
export async function writeWhole(path: string, content: Uint8Array | Fill, replace: boolean): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  try {
    const file = await open(beside, 'wx');
    try {
      if (content instanceof Uint8Array) await file.writeFile(content);
      else await content((bytes) => file.writeFile(bytes));
      await file.sync();
    } finally {
      await file.close();
    }
    await (replace ? rename(beside, path) : intoPlace(beside, path));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'EEXIST') throw new UsageError(`${path} is there already; --force writes over it`);
    throw new WriteError(`${path} could not be written: ${REASONS.get(code) ?? message(error)}`);
  } finally {
    await rm(beside, { force: true }).catch(() => {});
  }
}

/** A rename would write over a file that came there in the meantime; a link refuses. */
async function intoPlace(beside: string, path: string): Promise<void> {
  try {
    await link(beside, path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw error;
    // file systems without links: FAT, some network shares
    await copyFile(beside, path, constants.COPYFILE_EXCL);
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOENT', 'there is no such folder'],
  ['ENOTDIR', 'there is no such folder'],
  ['EISDIR', 'it is a folder'],
]);

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
