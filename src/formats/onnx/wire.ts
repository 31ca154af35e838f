/** Walks through protobuf's wire format by reads of one size. Source: protobuf.dev, "Encoding". */
import type { ByteSource } from '../../bytes/source.ts';
import type { WireProblem } from './faults.ts';

/** Bytes read at once. */
const WINDOW = 256 * 1024;

/** A tag and a length, or a tag and a number: ten bytes each at most. */
const FIELD_HEAD = 20;

/** The message that is being read cannot be read further. */
export class WireStop extends Error {
  override readonly name = 'WireStop';
  readonly problem: WireProblem;
  /** Where it shows. */
  readonly at: number;

  constructor(problem: WireProblem, at: number) {
    super(problem);
    this.problem = problem;
    this.at = at;
  }
}

/** How a field is written: as a number, in 8 bytes, as so many bytes, in 4 bytes. */
export type WireType = 0 | 1 | 2 | 5;

/** An unsigned number of 64 bits; a bigint where a number could not hold it exactly. */
export type Varint = number | bigint;

/** One field, as its head says. The walker that made it changes it for the next. */
export interface Field {
  number: number;
  type: WireType;
  /** Where its tag stands. */
  at: number;
  /** Its contents. */
  offset: number;
  length: number;
  /** For wire type 0. */
  value: Varint;
}

export class Wire {
  readonly #source: ByteSource;
  #window: Uint8Array = new Uint8Array();
  /** Where in the file the window begins. */
  #base = 0;
  /** Where in the file the next byte stands. */
  pos = 0;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Whether the head of a field is at hand, so that `need` can be spared. */
  get ready(): boolean {
    return this.has(Math.min(FIELD_HEAD, this.#source.size - this.pos));
  }

  has(length: number): boolean {
    const at = this.pos - this.#base;
    return at >= 0 && at + length <= this.#window.length;
  }

  /**
   * Makes so many bytes be at hand, or all that are left. Callers bound `length`.
   * @throws {ReadError} when they cannot be had.
   */
  async need(length: number = FIELD_HEAD): Promise<void> {
    if (this.has(length)) return;
    const left = this.#source.size - this.pos;
    this.#window = await this.#source.read(this.pos, Math.min(left, Math.max(length, WINDOW)));
    this.#base = this.pos;
  }

  /**
   * Takes the head of a field. What follows it must end by `end`.
   * @throws {WireStop} for what is no field.
   */
  head(field: Field, end: number): void {
    const at = this.pos;
    const tag = this.varint(end);
    const type = Number(tag) & 7;
    field.at = at;
    // field numbers have 29 bits
    field.number = typeof tag === 'number' && tag < 2 ** 32 ? tag >>> 3 : 0;
    if (field.number === 0) throw new WireStop('field-zero', at);
    field.value = 0;
    if (type === 0) {
      field.offset = this.pos;
      field.value = this.varint(end);
      field.length = this.pos - field.offset;
    } else if (type === 1 || type === 5) {
      field.offset = this.pos;
      field.length = type === 1 ? 8 : 4;
    } else if (type === 2) {
      const length = this.varint(end);
      field.offset = this.pos;
      field.length = Number(length);
    } else {
      // groups (3, 4) are of an older format that ONNX never had
      throw new WireStop('wire-type', at);
    }
    field.type = type;
    if (field.offset + field.length > end) throw new WireStop('beyond-message', at);
  }

  /** Takes a number of up to ten bytes. @throws {WireStop} for a longer one. */
  varint(end: number): Varint {
    const at = this.pos;
    let from = at - this.#base;
    const window = this.#window;
    const last = Math.min(window.length, end - this.#base);
    let value = 0;
    let factor = 1;
    // seven bits each: 49 are exact in a number
    for (let count = 0; count < 7; count += 1) {
      if (from >= last) throw new WireStop('beyond-message', at);
      const byte = window[from] as number;
      from += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        this.pos = from + this.#base;
        return value;
      }
      factor *= 128;
    }
    let wide = BigInt(value);
    for (let count = 7; count < 10; count += 1) {
      if (from >= last) throw new WireStop('beyond-message', at);
      const byte = window[from] as number;
      from += 1;
      wide |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte < 0x80) {
        this.pos = from + this.#base;
        const value64 = BigInt.asUintN(64, wide);
        return value64 <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value64) : value64;
      }
    }
    throw new WireStop('varint-too-long', at);
  }

  /** The bytes from here on; a view, good until the next `need`. They must be at hand. */
  bytes(length: number): Uint8Array {
    const at = this.pos - this.#base;
    return this.#window.subarray(at, at + length);
  }
}

/** The signed number of 64 bits that stands as an unsigned one. */
export function signed(value: Varint): Varint {
  if (typeof value === 'number') return value;
  const whole = BigInt.asIntN(64, value);
  return whole >= BigInt(Number.MIN_SAFE_INTEGER) && whole <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(whole)
    : whole;
}
