import { escapeText, showText } from './escape.ts';

/** A text of the page: longer ones are cut in their middle. The words of our rules are shorter. */
const LONGEST = 4000;
/** A name out of a file. */
const NAME = 240;

/** Markup that is fit to stand in a page. Only `html` makes it, so that nothing gets in that was not escaped. */
export interface Markup {
  readonly markup: string;
}

/** What may stand in the markup: text, which is escaped, and markup, which is not. Nothing at all for undefined. */
export type Piece = Markup | string | number | undefined | readonly Piece[];

/** Markup from a template. Its own text stands as it is; what is put in is escaped, for text and attributes alike. */
export function html(template: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return { markup: template.reduce((text, part, index) => text + rendered(pieces[index - 1]) + part) };
}

function rendered(piece: Piece): string {
  if (piece === undefined) return '';
  if (typeof piece === 'number') return String(piece);
  if (typeof piece === 'string')
    return entities(piece.length > LONGEST ? showText(piece, LONGEST) : escapeText(piece));
  return 'markup' in piece ? piece.markup : piece.map(rendered).join('');
}

/** A name, path or value from a file: cut in its middle, and set apart from the text around it. */
export function name(raw: string, width = NAME): Markup {
  return html`<bdi>${plainName(raw, width)}</bdi>`;
}

/** The same without an element: for attributes and drawings. */
export function plainName(raw: string, width = NAME): Markup {
  return { markup: entities(raw === '' ? "''" : showText(raw, width)) };
}

/** Text that went through `escape.ts` already. */
export function shownText(escaped: string): Markup {
  return { markup: entities(escaped) };
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

function entities(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES.get(character) ?? '');
}
