/**
 * Random access to bytes, whatever they lie in: a file, memory, later a remote object.
 * Nothing above this floor knows which.
 */
export interface ByteSource {
  /** The name people are shown: a path relative to what they named. */
  readonly name: string;
  /** Bytes in the source, taken when it was opened. */
  readonly size: number;
  /**
   * Reads exactly `length` bytes from `offset`.
   * @throws {ReadError} when the range is not inside the source, or the source ends or changes under us.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface TreeEntry {
  /** Path below the root of the tree, with `/` between the parts. */
  readonly path: string;
  readonly kind: 'file' | 'folder';
  /** Bytes; 0 for a folder. */
  readonly size: number;
}

/** A folder of byte sources: a model folder on disk, or one made in memory. */
export interface ByteTree {
  readonly name: string;
  /** What stands directly in the folder at `path` ('' is the root), sorted by path; empty when it is absent. */
  list(path: string): Promise<readonly TreeEntry[]>;
  /**
   * Opens the file at `path`.
   * @throws {ReadError} when it is absent, is no regular file, or leads out of the tree.
   */
  open(path: string): Promise<ByteSource>;
}

/**
 * Why the bytes could not be had, for whoever must tell a refusal from a failure:
 * `refused` by the path policy, `budget` spent, `range` outside the source, else as named.
 */
export type ReadErrorCode = 'absent' | 'refused' | 'range' | 'short' | 'changed' | 'budget' | 'system';

/** The bytes could not be had: absent, unreadable, out of range, or changed while being read. */
export class ReadError extends Error {
  override readonly name = 'ReadError';
  /** The source's name. */
  readonly source: string;
  readonly code: ReadErrorCode;
  readonly reason: string;
  /** What the reader of the message can do about it. */
  readonly hint?: string;

  constructor(source: string, code: ReadErrorCode, reason: string, hint?: string) {
    super(`${source}: ${reason}`);
    this.source = source;
    this.code = code;
    this.reason = reason;
    if (hint !== undefined) this.hint = hint;
  }
}

/** @throws {ReadError} when `offset` and `length` are no range inside the source. */
export function checkRange(source: { name: string; size: number }, offset: number, length: number): void {
  const whole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (!whole || offset < 0 || length < 0 || offset + length > source.size) {
    throw new ReadError(
      source.name,
      'range',
      `bytes ${offset} to ${offset + length} of ${source.size} asked for`,
    );
  }
}
