/** Walks through the header of a GGUF file, whose length nothing says beforehand, by reads of one size. */
import { MAX_GGUF_HEADER_BYTES } from '../../bytes/limits.ts';
import type { ByteSource } from '../../bytes/source.ts';
import type { Fault, MoreFaults } from '../fault.ts';
import { GGML_REFUSES } from './faults.ts';

/** Bytes read at once: the header of an SDXL U-Net takes one or two reads. */
const WINDOW = 256 * 1024;

/** Nothing after this place can be read: the fault says why. */
export class HeaderStop extends Error {
  override readonly name = 'HeaderStop';
  readonly fault: Exclude<Fault, MoreFaults>;

  constructor(fault: Exclude<Fault, MoreFaults>) {
    super(fault.kind);
    this.fault = fault;
  }
}

/** What is more than is looked at. */
export function beyond(file: string, what: string, limit: number, actual: number): HeaderStop {
  return new HeaderStop({ kind: 'limit-exceeded', file, what, limit, actual });
}

/** All numbers are little-endian. `need` says whether bytes are at hand; the others take them. */
export class Cursor {
  readonly #source: ByteSource;
  #window: Uint8Array = new Uint8Array();
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** Where in the file the window begins. */
  #base = 0;
  /** Where in the file the next byte stands. */
  pos: number;

  constructor(source: ByteSource, pos: number) {
    this.#source = source;
    this.pos = pos;
  }

  /** Bytes from here to the end of the file. */
  get left(): number {
    return this.#source.size - this.pos;
  }

  /** Whether so many bytes are at hand, so that `need` can be spared. */
  has(length: number): boolean {
    const at = this.pos - this.#base;
    return at >= 0 && at + length <= this.#window.length;
  }

  /**
   * Makes so many bytes be at hand. Callers bound `length`.
   * @throws {HeaderStop} when the file ends before them; `what` says inside of what it does.
   * @throws {ReadError} when they cannot be had.
   */
  async need(length: number, what: string): Promise<void> {
    if (this.has(length)) return;
    if (length > this.left) this.cut(what);
    const window = await this.#source.read(this.pos, Math.min(this.left, Math.max(length, WINDOW)));
    this.#window = window;
    this.#view = new DataView(window.buffer, window.byteOffset, window.byteLength);
    this.#base = this.pos;
  }

  /** Goes on as many bytes without reading them. @throws {HeaderStop} when the file ends before. */
  skip(length: number, what: string): void {
    if (length > this.left) this.cut(what);
    this.pos += length;
  }

  /** @throws {HeaderStop} when the header goes on for longer than is looked at. */
  checkEnd(): void {
    const limit = MAX_GGUF_HEADER_BYTES;
    if (this.pos > limit) throw beyond(this.#source.name, 'bytes of the header', limit, this.pos);
  }

  /** @throws {HeaderStop} always: the file ends inside of `what`. */
  cut(what: string): never {
    const { name: file, size: actual } = this.#source;
    const bytes = { offset: this.pos, length: this.left };
    throw new HeaderStop({ kind: 'gguf-header-cut', file, bytes, what, actual, ...GGML_REFUSES });
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** The next bytes; a view, good until the next `need`. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#window.subarray(at, at + length);
  }

  #take(length: number): number {
    const at = this.pos - this.#base;
    this.pos += length;
    return at;
  }
}
