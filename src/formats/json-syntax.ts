/** What can be wrong with a text that should be JSON in UTF-8. */

/** In what way a text is not JSON. */
export type JsonProblem =
  | 'syntax'
  | 'ends-early'
  | 'not-utf8'
  | 'byte-order-mark'
  | 'control-character'
  | 'lone-surrogate'
  | 'bad-escape'
  | 'number-out-of-range'
  | 'too-deep'
  | 'string-too-long'
  | 'trailing-data';

/** Where reading stopped and why. Thrown by the cursor, caught within this floor. */
export class JsonSyntaxError extends Error {
  override readonly name = 'JsonSyntaxError';
  readonly problem: JsonProblem;
  /** Of the first byte at fault, counted from the start of the text. */
  readonly offset: number;
  readonly length: number;
  readonly expected: string;
  /** What stands there instead. */
  readonly found: string;

  constructor(problem: JsonProblem, offset: number, length: number, expected: string, found: string) {
    super(`${expected} expected at byte ${offset}, found ${found}`);
    this.problem = problem;
    this.offset = offset;
    this.length = length;
    this.expected = expected;
    this.found = found;
  }
}

/** Offset of the first byte that is no part of valid UTF-8; undefined when all of it is valid. */
export function firstInvalidUtf8(bytes: Uint8Array): number | undefined {
  const continues = (at: number) => ((bytes[at] ?? 0) & 0xc0) === 0x80;
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    const second = bytes[at + 1] ?? 0;
    if (lead < 0x80) at += 1;
    else if (lead >= 0xc2 && lead < 0xe0 && continues(at + 1)) at += 2;
    else if (
      lead >= 0xe0 &&
      lead < 0xf0 &&
      continues(at + 1) &&
      continues(at + 2) &&
      !(lead === 0xe0 && second < 0xa0) && // overlong
      !(lead === 0xed && second >= 0xa0) // a surrogate
    ) {
      at += 3;
    } else if (
      lead >= 0xf0 &&
      lead < 0xf5 &&
      continues(at + 1) &&
      continues(at + 2) &&
      continues(at + 3) &&
      !(lead === 0xf0 && second < 0x90) && // overlong
      !(lead === 0xf4 && second >= 0x90) // beyond U+10FFFF
    ) {
      at += 4;
    } else return at;
  }
  return undefined;
}
