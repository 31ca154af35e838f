/** Blocks of something far away, kept for the next read: nearby reads become one request, and memory stays bounded. */
import { MAX_REMOTE_CACHE_BYTES } from './limits.ts';

/** Gets the bytes from `start` up to `end`, not included. */
export type FetchRange = (start: number, end: number) => Promise<Uint8Array>;

/** Bytes that are kept or dropped together. The local headers of a zip are read one by one, far apart: no larger. */
const BLOCK = 16 * 1024;

/** Reads of more than this are handed through. A quarter of what is kept: one read must not push all else out. */
const MAX_CACHED_READ = MAX_REMOTE_CACHE_BYTES / 4;

/** Bytes asked for at once of what is handed through, so that a broken connection does not cost all of it. */
const PIECE = 16 * 1024 * 1024;

/** Blocks asked for together when they are read one after another: at first, and at most. */
const LEAST_AHEAD = (256 * 1024) / BLOCK;
const MOST_AHEAD = (4 * 1024 * 1024) / BLOCK;

interface Run {
  /** First byte. */
  readonly start: number;
  readonly bytes: Uint8Array;
}

export class BlockCache {
  readonly #size: number;
  readonly #fetch: FetchRange;
  /** By number; the one used last comes last. */
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #coming = new Map<number, Promise<Run>>();
  /** The block behind the last that was asked for. */
  #frontier = 0;
  #ahead = LEAST_AHEAD;

  /** @param size bytes of the whole */
  constructor(size: number, fetch: FetchRange) {
    this.#size = size;
    this.#fetch = fetch;
  }

  /** Keeps what came with the opening: the first bytes. */
  keepFirst(bytes: Uint8Array): void {
    this.#keep({ start: 0, bytes });
    this.#frontier = Math.floor(bytes.length / BLOCK);
  }

  /** @returns exactly those bytes; the range is inside the whole. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const out = new Uint8Array(length);
    if (length > MAX_CACHED_READ) {
      for (let at = 0; at < length; at += PIECE) {
        const end = Math.min(length, at + PIECE);
        out.set(await this.#fetch(offset + at, offset + end), at);
      }
      return out;
    }
    if (length === 0) return out;
    const last = Math.floor((offset + length - 1) / BLOCK);
    const waiting: Promise<void>[] = [];
    const take = ({ start, bytes }: Run) => copy(bytes, start, out, offset);
    for (let block = Math.floor(offset / BLOCK); block <= last; ) {
      const kept = this.#blocks.get(block);
      if (kept !== undefined) {
        // used last, so dropped last
        this.#blocks.delete(block);
        this.#blocks.set(block, kept);
        take({ start: block * BLOCK, bytes: kept });
        block += 1;
        continue;
      }
      const coming = this.#coming.get(block);
      if (coming !== undefined) {
        waiting.push(coming.then(take));
        block += 1;
        continue;
      }
      let end = block;
      while (end <= last && !this.#blocks.has(end) && !this.#coming.has(end)) end += 1;
      waiting.push(this.#ask(block, end).then(take));
      block = end;
    }
    await Promise.all(waiting);
    return out;
  }

  /** Asks for the blocks from `from` up to `to`, and for more where the reads go on from each other. */
  #ask(from: number, to: number): Promise<Run> {
    const goesOn = from === this.#frontier;
    let until = goesOn ? Math.max(to, from + this.#ahead) : to;
    this.#ahead = goesOn ? Math.min(this.#ahead * 2, MOST_AHEAD) : LEAST_AHEAD;
    for (let block = to; block < until; block += 1) {
      if (this.#blocks.has(block) || this.#coming.has(block)) until = block;
    }
    this.#frontier = until;
    const start = from * BLOCK;
    const run = this.#fetch(start, Math.min(this.#size, until * BLOCK)).then((bytes) => ({ start, bytes }));
    for (let block = from; block < until; block += 1) this.#coming.set(block, run);
    const arrived = () => {
      for (let block = from; block < until; block += 1) this.#coming.delete(block);
    };
    return run.then(
      (got) => {
        arrived();
        this.#keep(got);
        return got;
      },
      (error: unknown) => {
        arrived();
        throw error;
      },
    );
  }

  #keep({ start, bytes }: Run): void {
    for (let at = 0; at < bytes.length; at += BLOCK) {
      const end = Math.min(bytes.length, at + BLOCK);
      // half a block is none, unless it is the last
      if (end - at < BLOCK && start + end < this.#size) break;
      // a copy: a view would keep all that came with it
      this.#blocks.set((start + at) / BLOCK, bytes.slice(at, end));
    }
    for (const block of this.#blocks.keys()) {
      if (this.#blocks.size * BLOCK <= MAX_REMOTE_CACHE_BYTES) return;
      this.#blocks.delete(block);
    }
  }
}

/** Copies what two ranges share. */
function copy(bytes: Uint8Array, start: number, out: Uint8Array, offset: number): void {
  const from = Math.max(start, offset);
  const to = Math.min(start + bytes.length, offset + out.length);
  if (to > from) out.set(bytes.subarray(from - start, to - start), from - offset);
}
