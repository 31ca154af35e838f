/** What stands between two slashes, and what may be anywhere. */
const SPECIAL = /[.+^$()|\\]/g;

/**
 * Whether paths match a glob pattern: `*` and `?` within one part, `**` over any number of parts, `{a,b}` one of several,
 * `[ab]` one letter. A pattern that ends in `/` means everything below that folder; `./` in front means nothing.
 * @throws {SyntaxError} for brackets that are not closed
 */
export function globMatcher(pattern: string): (path: string) => boolean {
  const whole = pattern.replace(/^\.\//, '').replace(/\/$/, '/**');
  const expression = new RegExp(`^${expressionOf(whole)}$`, 'u');
  return (path) => expression.test(path.replace(/^\.\//, ''));
}

/** Stars are grouped first, so that a pattern of nothing but stars takes no time beyond all bounds. */
function expressionOf(pattern: string): string {
  let text = '';
  let open = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const letter = pattern.charAt(at);
    if (letter === '*') {
      const stars = /^\*+/.exec(pattern.slice(at))?.[0].length ?? 1;
      at += stars - 1;
      const apart = (at - stars < 0 || pattern[at - stars] === '/') && (pattern[at + 1] ?? '/') === '/';
      if (stars === 1 || !apart) text += '[^/]*';
      else if (pattern[at + 1] === '/') {
        text += '(?:[^/]+/)*';
        at += 1;
      } else text += '.*';
    } else if (letter === '?') text += '[^/]';
    else if (letter === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end === -1) throw new SyntaxError('a [ that is not closed');
      const inside = pattern
        .slice(at + 1, end)
        .replace(/^!/, '^')
        .replaceAll(/[\\[]/g, String.raw`\$&`);
      text += `[${inside}]`;
      at = end;
    } else if (letter === '{') {
      open += 1;
      text += '(?:';
    } else if (letter === '}' && open > 0) {
      open -= 1;
      text += ')';
    } else if (letter === ',' && open > 0) text += '|';
    else text += letter.replace(SPECIAL, String.raw`\$&`).replace(/[}\]]/, String.raw`\$&`);
  }
  if (open > 0) throw new SyntaxError('a { that is not closed');
  return text;
}
