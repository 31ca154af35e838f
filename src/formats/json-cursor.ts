/**
 * A pull reader of strict JSON (RFC 8259) over bytes: the caller asks for what it expects, so that a header of
 * 100 MB never becomes a tree. It is as strict as serde_json, on which the reference safetensors reader
 * stands: fatal UTF-8, no byte order mark, no lone surrogates, no control characters, bounded depth.
 */
import { MAX_JSON_DEPTH, MAX_STRING_BYTES } from '../bytes/limits.ts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  LINE_FEED,
  LOWER_E,
  MINUS,
  NINE,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  POINT,
  QUOTE,
  RETURN,
  SPACE,
  TAB,
  UPPER_E,
  ZERO,
} from './ascii.ts';
import { firstInvalidUtf8, JsonSyntaxError } from './json-syntax.ts';

/** What kind of value begins at a place. */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';

const KINDS: ReadonlyMap<number, JsonKind> = new Map([
  [OPEN_BRACE, 'object'],
  [OPEN_BRACKET, 'array'],
  [QUOTE, 'string'],
  [MINUS, 'number'],
  ...Array.from({ length: 10 }, (_, digit): [number, JsonKind] => [ZERO + digit, 'number']),
  [0x74, 'boolean'],
  [0x66, 'boolean'],
  [0x6e, 'null'],
]);

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [QUOTE, '"'],
  [BACKSLASH, '\\'],
  [0x2f, '/'],
  [0x62, '\b'],
  [0x66, '\f'],
  [0x6e, '\n'],
  [0x72, '\r'],
  [0x74, '\t'],
]);

/** Digits that always fit a number exactly. */
const EXACT_DIGITS = 15;
/** What a string cannot be copied with: it must be decoded or refused. */
const SPECIAL = /[\\\u0000-\u001f\u0080-\uffff]/g;
const U64_MAX = 2n ** 64n - 1n;

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

/** Whether the byte after some digits belongs to the number. */
function continuesNumber(byte: number | undefined): boolean {
  return byte === POINT || byte === LOWER_E || byte === UPPER_E;
}

const NON_FINITE = ['NaN', 'Infinity', '-Infinity'] as const;

/** Reads one JSON text from front to back. Offsets count from the start of `bytes`. */
export class JsonCursor {
  readonly bytes: Uint8Array;
  /** The next byte to be read. */
  pos: number;
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  /** One character a byte; right where the bytes are ASCII. A slice of it is far cheaper than decoding. */
  readonly #text: string;
  /** The next byte at or after `pos` that keeps a string from being a mere slice of the text. */
  #special = -1;
  /** Whether nothing has been read yet of the container at each depth. */
  readonly #fresh: boolean[] = [];

  constructor(bytes: Uint8Array, start = 0) {
    this.bytes = bytes;
    this.pos = start;
    this.#text = this.#asText();
  }

  /** Skips white space; the kind of the value that begins there. */
  kind(): JsonKind {
    this.#space();
    const kind = KINDS.get(this.bytes[this.pos] ?? -1);
    if (kind === undefined) this.fail('a value');
    return kind;
  }

  /** Enters the object that begins here. */
  enterObject(): void {
    this.#enter(OPEN_BRACE, '“{”');
  }

  /** Enters the array that begins here. */
  enterArray(): void {
    this.#enter(OPEN_BRACKET, '“[”');
  }

  /**
   * The next key of the object that was entered last, its colon read; undefined when the object has ended.
   * `keyStart` and `keyEnd` then hold the key's bytes, quotes included.
   */
  nextKey(): string | undefined {
    if (!this.#next(CLOSE_BRACE, '“,” or “}”')) return undefined;
    if (this.bytes[this.pos] !== QUOTE) this.fail('a key in double quotes');
    this.keyStart = this.pos;
    const key = this.string();
    this.keyEnd = this.pos;
    this.#space();
    if (this.bytes[this.pos] !== COLON) this.fail('“:”');
    this.pos += 1;
    return key;
  }

  keyStart = 0;
  keyEnd = 0;

  /** Whether the array that was entered last has another item, which then is next. */
  nextItem(): boolean {
    return this.#next(CLOSE_BRACKET, '“,” or “]”');
  }

  /** Reads a string. */
  string(): string {
    this.#space();
    if (this.bytes[this.pos] !== QUOTE) this.fail('a string');
    const start = this.pos + 1;
    const end = this.#text.indexOf('"', start);
    if (this.#special < start) this.#special = this.#nextSpecial(start);
    if (end === -1 || end > this.#special) return this.#anyString(start);
    this.#checkLength(start, end);
    this.pos = end + 1;
    return this.#text.slice(start, end);
  }

  /** Reads a number; its lexeme, in ASCII. */
  number(): string {
    this.#space();
    const start = this.pos;
    this.#scanNumber();
    return this.#text.slice(start, this.pos);
  }

  /**
   * Reads any value; the number when it is an unsigned 64-bit integer written as one (`2`; not `2.0`, `2e0`,
   * `-0` or `"2"`), a bigint where a number could not hold it exactly, undefined for anything else.
   */
  unsigned(): number | bigint | undefined {
    if (this.kind() !== 'number') {
      this.skip();
      return undefined;
    }
    const { bytes } = this;
    const start = this.pos;
    let value = 0;
    let end = start;
    let byte = bytes[end];
    while (byte !== undefined && byte >= ZERO && byte <= NINE) {
      if (end - start < EXACT_DIGITS) value = value * 10 + (byte - ZERO);
      end += 1;
      byte = bytes[end];
    }
    const digits = end - start;
    const plain = digits > 0 && (digits === 1 || bytes[start] !== ZERO) && !continuesNumber(byte);
    if (plain && digits <= EXACT_DIGITS) {
      this.pos = end;
      return value;
    }
    this.#scanNumber();
    if (this.pos !== end) return undefined;
    // 20 digits hold 2⁶⁴; a longer lexeme is not worth turning into a bigint
    if (digits > 20) return undefined;
    const big = BigInt(this.#text.slice(start, end));
    if (big > U64_MAX) return undefined;
    return big <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(big) : big;
  }

  /**
   * Reads `NaN`, `Infinity` or `-Infinity` where one stands, undefined where none does. JSON has no such
   * numbers; Python's json module writes them all the same.
   */
  nonFinite(): number | undefined {
    this.#space();
    for (const word of NON_FINITE) {
      if (!this.#text.startsWith(word, this.pos)) continue;
      this.pos += word.length;
      return Number(word);
    }
    return undefined;
  }

  /** Reads `true` or `false`. */
  boolean(): boolean {
    this.#space();
    const value = this.bytes[this.pos] === 0x74;
    this.#literal(value ? 'true' : 'false');
    return value;
  }

  /** Reads `null`. */
  null(): void {
    this.#space();
    this.#literal('null');
  }

  /** Reads any value and forgets it, as strictly as if it were kept. */
  skip(): void {
    switch (this.kind()) {
      case 'object':
        this.enterObject();
        while (this.nextKey() !== undefined) this.skip();
        return;
      case 'array':
        this.enterArray();
        while (this.nextItem()) this.skip();
        return;
      case 'string':
        this.string();
        return;
      case 'number':
        this.#scanNumber();
        return;
      case 'boolean':
        this.boolean();
        return;
      case 'null':
        this.null();
    }
  }

  /** Skips the white space after the value. @throws {JsonSyntaxError} when anything else follows. */
  end(): void {
    this.#space();
    if (this.pos === this.bytes.length) return;
    const rest = this.bytes.length - this.pos;
    throw new JsonSyntaxError('trailing-data', this.pos, rest, 'the end', this.describe(this.pos));
  }

  /** Refuses what stands at `pos`. */
  fail(expected: string, pos = this.pos): never {
    if (pos >= this.bytes.length) {
      throw new JsonSyntaxError('ends-early', this.bytes.length, 0, expected, 'the end');
    }
    if (pos === 0 && this.bytes[0] === 0xef && this.bytes[1] === 0xbb && this.bytes[2] === 0xbf) {
      throw new JsonSyntaxError('byte-order-mark', 0, 3, expected, 'a byte order mark');
    }
    throw new JsonSyntaxError('syntax', pos, 1, expected, this.describe(pos));
  }

  /** The byte at `pos` in words. */
  describe(pos: number): string {
    const byte = this.bytes[pos];
    if (byte === undefined) return 'the end';
    if (byte > SPACE && byte < 0x7f) return `“${String.fromCharCode(byte)}”`;
    return `byte 0x${byte.toString(16).padStart(2, '0')}`;
  }

  #space(): void {
    const { bytes } = this;
    let byte = bytes[this.pos];
    while (byte === SPACE || byte === LINE_FEED || byte === RETURN || byte === TAB) {
      this.pos += 1;
      byte = bytes[this.pos];
    }
  }

  #enter(open: number, name: string): void {
    this.#space();
    if (this.bytes[this.pos] !== open) this.fail(name);
    this.#fresh.push(true);
    if (this.#fresh.length >= MAX_JSON_DEPTH) {
      const expected = `at most ${MAX_JSON_DEPTH - 1} levels of nesting`;
      throw new JsonSyntaxError('too-deep', this.pos, 1, expected, 'one more');
    }
    this.pos += 1;
  }

  /** Moves to the next member of the container; false, and past its end, when there is none. */
  #next(close: number, expected: string): boolean {
    this.#space();
    const fresh = this.#fresh[this.#fresh.length - 1] === true;
    const byte = this.bytes[this.pos];
    if (byte === close) {
      this.pos += 1;
      this.#fresh.pop();
      return false;
    }
    if (fresh) {
      this.#fresh[this.#fresh.length - 1] = false;
      return true;
    }
    if (byte !== COMMA) this.fail(expected);
    this.pos += 1;
    this.#space();
    if (this.bytes[this.pos] === close) this.fail('another member after the comma');
    return true;
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i += 1) {
      if (this.bytes[this.pos + i] !== word.charCodeAt(i)) this.fail(`“${word}”`, this.pos + i);
    }
    this.pos += word.length;
  }

  #digits(): void {
    if (!isDigit(this.bytes[this.pos])) this.fail('a digit');
    while (isDigit(this.bytes[this.pos])) this.pos += 1;
  }

  #scanNumber(): void {
    const { bytes } = this;
    const start = this.pos;
    if (bytes[this.pos] === MINUS) this.pos += 1;
    if (bytes[this.pos] === ZERO) {
      this.pos += 1;
      if (isDigit(bytes[this.pos])) this.fail('a number without leading zeros');
    } else {
      this.#digits();
    }
    if (bytes[this.pos] === POINT) {
      this.pos += 1;
      this.#digits();
    }
    const exponent = bytes[this.pos] === LOWER_E || bytes[this.pos] === UPPER_E;
    if (exponent) {
      this.pos += 1;
      if (bytes[this.pos] === PLUS || bytes[this.pos] === MINUS) this.pos += 1;
      this.#digits();
    }
    // without an exponent it takes 309 digits to leave the range of a double
    if (
      (exponent || this.pos - start >= 309) &&
      !Number.isFinite(Number(this.#text.slice(start, this.pos)))
    ) {
      const length = this.pos - start;
      throw new JsonSyntaxError('number-out-of-range', start, length, 'a finite number', 'a larger one');
    }
  }

  #checkLength(start: number, end: number): void {
    if (end - start <= MAX_STRING_BYTES) return;
    const expected = `a string of at most ${MAX_STRING_BYTES} bytes`;
    throw new JsonSyntaxError('string-too-long', start, end - start, expected, `${end - start} or more`);
  }

  /** The first escape, control character or character beyond ASCII from `start` on. */
  #nextSpecial(start: number): number {
    SPECIAL.lastIndex = start;
    return SPECIAL.exec(this.#text)?.index ?? this.#text.length;
  }

  #asText(): string {
    try {
      const text = this.#utf8.decode(this.bytes);
      // equal lengths: every character took one byte
      if (text.length === this.bytes.length) return text;
    } catch {
      // where it is not UTF-8 shows when that place is read
    }
    return new TextDecoder('latin1').decode(this.bytes);
  }

  /** A string with an escape, a character beyond ASCII or a fault in it. */
  #anyString(start: number): string {
    const { bytes } = this;
    const pieces: string[] = [];
    let piece = start;
    let at = start;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) {
        throw new JsonSyntaxError('ends-early', at, 0, 'the end of the string', 'the end');
      }
      if (byte < SPACE) {
        const expected = 'an escape for a control character';
        throw new JsonSyntaxError('control-character', at, 1, expected, this.describe(at));
      }
      if (byte !== QUOTE && byte !== BACKSLASH) {
        at += 1;
        continue;
      }
      if (at > piece) pieces.push(this.#decode(piece, at));
      if (byte === QUOTE) break;
      this.pos = at;
      pieces.push(this.#escape());
      at = this.pos;
      piece = at;
    }
    this.#checkLength(start, at);
    this.pos = at + 1;
    return pieces.length === 1 ? (pieces[0] ?? '') : pieces.join('');
  }

  #decode(start: number, end: number): string {
    try {
      return this.#utf8.decode(this.bytes.subarray(start, end));
    } catch {
      const at = start + (firstInvalidUtf8(this.bytes.subarray(start, end)) ?? 0);
      throw new JsonSyntaxError('not-utf8', at, 1, 'UTF-8', this.describe(at));
    }
  }

  /** Reads the escape at `pos`. */
  #escape(): string {
    const at = this.pos;
    const letter = this.bytes[at + 1];
    const plain = ESCAPES.get(letter ?? -1);
    if (plain !== undefined) {
      this.pos = at + 2;
      return plain;
    }
    if (letter !== 0x75) {
      throw new JsonSyntaxError('bad-escape', at, 2, 'an escape that JSON has', this.describe(at + 1));
    }
    const unit = this.#hex(at + 2);
    this.pos = at + 6;
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    const paired = unit < 0xdc00 && this.bytes[at + 6] === BACKSLASH && this.bytes[at + 7] === 0x75;
    const low = paired ? this.#hex(at + 8) : 0;
    if (low < 0xdc00 || low > 0xdfff) {
      const half = `\\u${unit.toString(16)}`;
      throw new JsonSyntaxError('lone-surrogate', at, 6, 'both halves of a surrogate pair', half);
    }
    this.pos = at + 12;
    return String.fromCharCode(unit, low);
  }

  #hex(start: number): number {
    let value = 0;
    for (let i = start; i < start + 4; i += 1) {
      const digit = Number.parseInt(String.fromCharCode(this.bytes[i] ?? 0), 16);
      if (Number.isNaN(digit)) {
        throw new JsonSyntaxError('bad-escape', i, 1, 'four hexadecimal digits', this.describe(i));
      }
      value = value * 16 + digit;
    }
    return value;
  }
}
