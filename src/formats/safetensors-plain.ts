/**
 * Header entries in the one form that the reference writer gives them. Nearly all entries of nearly all files
 * have it, and a header is read before anything has been compiled: one flat loop here takes a fraction of the
 * time of the full grammar. Whatever has any other form is left to `safetensors-entry.ts`, untouched.
 */
import { MAX_RANK } from '../bytes/limits.ts';
import { dtypeNamed, type PlainDtype } from './dtype.ts';

export interface PlainEntry {
  readonly dtype: PlainDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
  /** Where the next byte stands. */
  readonly next: number;
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

const BEFORE_DTYPE = ascii('{"dtype":"');
const BEFORE_SHAPE = ascii('","shape":[');
const BEFORE_OFFSETS = ascii('],"data_offsets":[');

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;

/** Digits of a number that is exact whatever they are. */
const EXACT_DIGITS = 15;
const LONGEST_DTYPE = 16;

/** Reads `{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}` and nothing else. */
export class PlainReader {
  readonly #bytes: Uint8Array;
  #pos = 0;
  // most entries have the dtype of the one before
  #dtypeBytes: Uint8Array = new Uint8Array();
  #dtype: PlainDtype = 'F32';

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The entry at `pos`, or undefined when it has another form. */
  read(pos: number): PlainEntry | undefined {
    this.#pos = pos;
    if (!this.#skip(BEFORE_DTYPE) || !this.#readDtype() || !this.#skip(BEFORE_SHAPE)) return undefined;
    const shape: number[] = [];
    if (this.#bytes[this.#pos] !== CLOSE_BRACKET) {
      do {
        const dim = this.#integer();
        if (dim < 0 || shape.length === MAX_RANK) return undefined;
        shape.push(dim);
      } while (this.#take(COMMA));
    }
    if (!this.#skip(BEFORE_OFFSETS)) return undefined;
    const begin = this.#integer();
    if (begin < 0 || !this.#take(COMMA)) return undefined;
    const end = this.#integer();
    if (end < 0 || !this.#take(CLOSE_BRACKET) || !this.#take(CLOSE_BRACE)) return undefined;
    return { dtype: this.#dtype, shape, begin, end, next: this.#pos };
  }

  #readDtype(): boolean {
    if (this.#dtypeBytes.length > 0) {
      const start = this.#pos;
      if (this.#skip(this.#dtypeBytes) && this.#bytes[this.#pos] === QUOTE) return true;
      this.#pos = start;
    }
    const end = this.#bytes.indexOf(QUOTE, this.#pos);
    if (end === -1 || end - this.#pos > LONGEST_DTYPE) return false;
    const bytes = this.#bytes.subarray(this.#pos, end);
    const dtype = dtypeNamed(String.fromCharCode(...bytes));
    if (dtype === undefined) return false;
    this.#dtype = dtype;
    this.#dtypeBytes = bytes;
    this.#pos = end;
    return true;
  }

  /** A number without sign, point, exponent or leading zeros; -1 for anything else. */
  #integer(): number {
    const bytes = this.#bytes;
    const start = this.#pos;
    let pos = start;
    let value = 0;
    for (let digit = (bytes[pos] ?? 0) - ZERO; digit >= 0 && digit <= 9; digit = (bytes[pos] ?? 0) - ZERO) {
      value = value * 10 + digit;
      pos += 1;
      if (pos - start > EXACT_DIGITS) return -1;
    }
    this.#pos = pos;
    return pos === start || (pos - start > 1 && bytes[start] === ZERO) ? -1 : value;
  }

  #skip(expected: Uint8Array): boolean {
    const bytes = this.#bytes;
    const start = this.#pos;
    for (let index = 0; index < expected.length; index += 1) {
      if (bytes[start + index] !== expected[index]) return false;
    }
    this.#pos = start + expected.length;
    return true;
  }

  #take(byte: number): boolean {
    if (this.#bytes[this.#pos] !== byte) return false;
    this.#pos += 1;
    return true;
  }
}
