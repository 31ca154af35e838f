/**
 * Names, paths and metadata come from strangers. They pass through here once, between model and view, so that
 * nothing a file says can move the cursor, hide text, reverse it, or start a new line.
 */

// Controls, format characters (bidi, zero-width, tags), surrogates, private use, unassigned, line separators,
// whatever a terminal may draw as nothing at all, and every space but the ordinary one.
const HOSTILE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}|(?<=^|\p{M}{2})\p{M}/gu;

const BEYOND_ASCII = /[^\x20-\x7e]/gu;

/**
 * What a machine that runs a pipeline reads out of a log as a command to itself: `##[add-mask]` and `##vso[task.setvariable]`
 * anywhere in a line, `::stop-commands::` at its beginning. Source: actions/runner ActionCommand.cs,
 * azure-pipelines-agent Command.cs.
 */
const COMMANDS = /#(?=#[a-z]*\[)|(?<=^\s*):(?=:)/gi;

// A backslash that a reader would take for one of our own escapes.
const LOOKS_ESCAPED = /\\(?=x[0-9a-f]{2}|u[0-9a-f]{4}|u\{)/g;

// What must not be cut in two: one of our escapes, else one code point.
const UNIT = /\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]+\})|[^]/gu;

const ELLIPSIS = '…';

function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

/**
 * The text with everything that could act on a terminal, or on a machine that reads its log, in a visible form: `\x1b`,
 * `\u202e`, `\u{e0001}`.
 * With `ascii`, everything outside printable ASCII.
 */
export function escapeText(text: string, ascii = false): string {
  const unambiguous = text.replace(LOOKS_ESCAPED, '\\x5c');
  return unambiguous.replace(COMMANDS, visible).replace(ascii ? BEYOND_ASCII : HOSTILE, visible);
}

/**
 * Columns that escaped text takes, at most. An upper bound (letters beyond Latin count two), so that what was
 * cut to fit does fit whatever the terminal makes of it.
 */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += oneColumn(character.codePointAt(0) ?? 0) ? 1 : 2;
  return width;
}

function oneColumn(code: number): boolean {
  // Latin; then our own glyphs: punctuation, arrows, mathematics, box drawing, shapes, ticks
  return code < 0x300 || (code >= 0x2010 && code < 0x2a00);
}

/** Escaped text in at most `width` columns: beginning and end are kept, the middle gives way to `…`. */
export function truncateMiddle(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (width < 1) return '';
  const units = text.match(UNIT) ?? [];
  let left = '';
  let right = '';
  let room = width - 1;
  let first = 0;
  let last = units.length - 1;
  while (first <= last) {
    const fromLeft = left.length <= right.length;
    const unit = (fromLeft ? units[first] : units[last]) ?? '';
    room -= displayWidth(unit);
    if (room < 0) break;
    if (fromLeft) {
      left += unit;
      first += 1;
    } else {
      right = unit + right;
      last -= 1;
    }
  }
  return `${left}${ELLIPSIS}${right}`;
}

/** Raw text, escaped and in at most `width` columns. Reads only as much of it as can be shown. */
export function showText(raw: string, width: number, ascii = false): string {
  const limit = Math.max(1, width) * 2;
  if (raw.length <= limit * 2) return truncateMiddle(escapeText(raw, ascii), width);
  // a value may be megabytes long: its two ends are enough, and the cut stays inside what is dropped
  return truncateMiddle(escapeText(raw.slice(0, limit) + raw.slice(-limit), ascii), width);
}

/** Fills up with spaces on the right. */
export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Fills up with spaces on the left. */
export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text))) + text;
}
