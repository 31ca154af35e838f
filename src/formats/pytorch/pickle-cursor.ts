/** Reads the arguments of pickle opcodes off bytes. Every length is held against the bytes that are there. */
import { MAX_PICKLE_INTEGER_BYTES, MAX_STRING_BYTES } from '../../bytes/limits.ts';

/**
 * `truncated`: the bytes end too early, and more may follow. `limit`: a bound of ours, not the pickle's fault.
 * `protocol`: a newer one than there is, at which Python stops and torch's unpickler for weights does not.
 */
export type StopKind = 'malformed' | 'truncated' | 'limit' | 'protocol';

/** The pickle cannot be read on from here. Caught where the machine was started; never leaves this folder. */
export class PickleStop extends Error {
  /** Within the bytes. */
  readonly offset: number;
  readonly reason: string;
  readonly kind: StopKind;

  constructor(offset: number, reason: string, kind: StopKind = 'malformed') {
    super(reason);
    this.offset = offset;
    this.reason = reason;
    this.kind = kind;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const NEWLINE = 0x0a;

export class PickleCursor {
  readonly bytes: Uint8Array;
  pos = 0;
  /** Where the opcode whose arguments are read begins. */
  start = 0;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  fail(reason: string): never {
    throw new PickleStop(this.start, reason);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  /** A double, big-endian as pickle has it. */
  f64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  /** A length of 8 bytes; one that no file could have is refused before it is used. */
  length8(): number {
    const length = this.#view.getBigUint64(this.#take(8), true);
    if (length > BigInt(Number.MAX_SAFE_INTEGER)) this.fail(`it declares ${length} bytes`);
    return Number(length);
  }

  /** A view of the next `length` bytes. */
  view(length: number): Uint8Array {
    const at = this.#take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Text in UTF-8; Python's `surrogatepass` lets lone surrogates through, which no name needs. */
  text(length: number): string {
    const bytes = this.view(length);
    if (length > MAX_STRING_BYTES) {
      throw new PickleStop(this.start, `a string of ${length} bytes`, 'limit');
    }
    try {
      return utf8.decode(bytes);
    } catch {
      return loose(bytes);
    }
  }

  /** A Python 2 string: UTF-8 where it is, else each byte a character. */
  byteText(length: number): string {
    if (length < 0) this.fail('a negative length');
    return this.text(length);
  }

  /** Text up to the next newline, which is taken too. One character a byte. */
  line(): string {
    const end = this.bytes.indexOf(NEWLINE, this.pos);
    if (end === -1) throw new PickleStop(this.start, 'it ends inside a line', 'truncated');
    if (end - this.pos > MAX_STRING_BYTES) {
      throw new PickleStop(this.start, `a line of ${end - this.pos} bytes`, 'limit');
    }
    const bytes = this.bytes.subarray(this.pos, end);
    this.pos = end + 1;
    return loose(bytes);
  }

  /** A line in UTF-8, as names of globals are written. */
  nameLine(): string {
    const start = this.pos;
    const line = this.line();
    if (!/[\x80-\xff]/.test(line)) return line;
    try {
      return utf8.decode(this.bytes.subarray(start, this.pos - 1));
    } catch {
      return this.fail('a name that is not UTF-8');
    }
  }

  /** A two's complement integer of `length` bytes; undefined where it has more of them than are kept. */
  long(length: number): number | bigint | undefined {
    if (length < 0) this.fail('a negative length');
    const bytes = this.view(length);
    if (length > MAX_PICKLE_INTEGER_BYTES) return undefined;
    if (length === 0) return 0;
    let hex = '0x';
    for (let i = length - 1; i >= 0; i -= 1) hex += (bytes[i] as number).toString(16).padStart(2, '0');
    const value = BigInt.asIntN(length * 8, BigInt(hex));
    return narrow(value);
  }

  #take(length: number): number {
    const at = this.pos;
    if (at + length > this.bytes.length) {
      throw new PickleStop(this.start, 'it ends inside an opcode', 'truncated');
    }
    this.pos = at + length;
    return at;
  }
}

/** The integer as a number where that is exact. */
function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** One character a byte. */
function loose(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}

/** Digits of an integer in text; undefined where there are more of them than are kept. */
export function decimal(text: string): number | bigint | 'not-a-number' | undefined {
  // Python allows blanks around and underscores between digits
  const digits = text.trim().replaceAll(/(?<=\d)_(?=\d)/g, '');
  if (!/^[+-]?\d+$/.test(digits)) return 'not-a-number';
  if (digits.length > MAX_PICKLE_INTEGER_BYTES * 2) return undefined;
  const negative = digits.startsWith('-');
  const value = BigInt(digits.replace(/^[+-]/, ''));
  return narrow(negative ? -value : value);
}

/** How Python writes the floats that are no numbers. */
const FLOATS: ReadonlyMap<string, number> = new Map([
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['nan', Number.NaN],
  ['-nan', Number.NaN],
]);

/** A float in text; undefined where it is none. */
export function floatOf(line: string): number | undefined {
  const text = line.trim().toLowerCase();
  const special = FLOATS.get(text);
  if (special !== undefined) return special;
  const value = Number(text);
  return text === '' || Number.isNaN(value) ? undefined : value;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\n', ''],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);

/** The string that Python 2's `repr` wrote, quotes and escapes undone; undefined where it is none. */
export function unquote(line: string): string | undefined {
  const text = line.trimEnd();
  const quote = text[0];
  if (text.length < 2 || (quote !== "'" && quote !== '"') || text.at(-1) !== quote) return undefined;
  return text
    .slice(1, -1)
    .replaceAll(/\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|([^]))/g, (whole, hex, octal, other) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return ESCAPES.get(other) ?? whole;
    });
}

/** Text in `raw-unicode-escape`: only `\u` and `\U` are escapes. */
export function rawUnicode(line: string): string {
  return line.replaceAll(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (whole, short, long) => {
    const code = Number.parseInt(short ?? long, 16);
    return code > 0x10ffff ? whole : String.fromCodePoint(code);
  });
}
