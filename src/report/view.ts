import { escapeText, showText } from './escape.ts';

export type Paint = (text: string) => string;

/** Colours by what they mean. The shell injects them; the words stand without them. */
export interface Palette {
  readonly strong: Paint;
  readonly faint: Paint;
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly accent: Paint;
}

const same: Paint = (text) => text;

export const PLAIN: Palette = {
  strong: same,
  faint: same,
  good: same,
  bad: same,
  warn: same,
  accent: same,
};

/** What a text view is drawn on. */
export interface View {
  /** Columns that may be used; Infinity where lines are not to be broken. */
  readonly width: number;
  readonly palette: Palette;
  /** Only printable ASCII may be used. */
  readonly ascii: boolean;
}

/** Text that is kept: no colours, lines left whole. */
export const PLAIN_VIEW: View = { width: Number.POSITIVE_INFINITY, palette: PLAIN, ascii: false };

/** A name, path or value from a file, fit to be shown in at most `width` columns. */
export function shown(raw: string, view: View, width = 200): string {
  return raw === '' ? "''" : showText(raw, Math.min(width, 4000), view.ascii);
}

// Each stands for one column, so that a drawing keeps its shape.
const ASCII_FORMS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '×': 'x',
    '·': '-',
    '…': '~',
    '–': '-',
    '→': '>',
    '←': '<',
    '▶': '>',
    '╌': '.',
    '─': '-',
    '│': '|',
    '╰': '\\',
    '╯': '/',
    '■': 'R',
    '□': 'L',
    '◆': 'T',
    '●': 'A',
    '◇': 'o',
    '↓': 'v',
    '↑': '^',
    '✔': '+',
    '✘': 'X',
    '≥': '>',
    '≤': '<',
    '’': "'",
  }),
);

/** The last step of a text reporter: lines joined, and our own glyphs in ASCII where only that may be used. */
export function finish(lines: readonly string[], view: View): string {
  const text = `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
  if (!view.ascii) return text;
  return text.replace(
    /[^\x00-\x7f]/gu,
    (character) => ASCII_FORMS.get(character) ?? escapeText(character, true),
  );
}
