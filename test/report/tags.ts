/** A page as a strict parser reads it: only what our pages use, and any doubt is an error. */

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

export interface Page {
  /** Opening tags in their order. */
  readonly tags: readonly Tag[];
  /** All text outside of tags and styles, with entities resolved. */
  readonly text: string;
}

const EMPTY = new Set(['meta', 'br', 'rect', 'line', 'path', 'polyline']);
const TAG = /^<(\/?)([a-z][a-z0-9]*)((?: [a-z][a-z0-9-]*="[^"<>]*"| open)*)(\/?)>/i;
const ATTRIBUTE = / ([a-z][a-z0-9-]*)(?:="([^"]*)")?/gi;

/** @throws where a tag is not closed in its order, an attribute is not quoted, or a bare `<`, `>` or `&` stands. */
export function parsePage(page: string): Page {
  const tags: Tag[] = [];
  const open: string[] = [];
  const texts: string[] = [];
  let rest = page.replace(/^<!doctype html>\n/, '');
  if (rest === page) throw new Error('no doctype');
  while (rest !== '') {
    if (!rest.startsWith('<')) {
      const end = rest.indexOf('<');
      const text = end === -1 ? rest : rest.slice(0, end);
      texts.push(resolved(text));
      rest = rest.slice(text.length);
      continue;
    }
    const match = TAG.exec(rest);
    if (match === null) throw new Error(`no tag: ${rest.slice(0, 80)}`);
    const [whole, closing, name = '', attributes = '', self] = match;
    rest = rest.slice(whole.length);
    if (closing === '/') {
      if (open.pop() !== name) throw new Error(`${whole} closes nothing`);
      continue;
    }
    tags.push({
      name,
      attributes: new Map(
        [...attributes.matchAll(ATTRIBUTE)].map(([, key = '', value = '']) => [key, resolved(value)]),
      ),
    });
    if (self === '/' || EMPTY.has(name)) continue;
    open.push(name);
    if (name === 'style') rest = rest.slice(rest.indexOf('</style>'));
  }
  if (open.length > 0) throw new Error(`never closed: ${open.join(' ')}`);
  return { tags, text: texts.join(' ') };
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&#39;', "'"],
]);

function resolved(text: string): string {
  if (text.includes('>')) throw new Error(`a bare >: ${text.slice(0, 80)}`);
  return text.replace(/&[#a-z0-9]*;?/gi, (entity) => {
    const character = ENTITIES.get(entity);
    if (character === undefined) throw new Error(`a bare &: ${entity}`);
    return character;
  });
}
