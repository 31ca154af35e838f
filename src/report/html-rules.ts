import type { Rule } from '../rules/rule.ts';
import { html, type Markup } from './html-markup.ts';

/** The pages of the rules that found something, so that whoever reads on needs nothing but this page. */
export function rulesSection(rules: readonly Rule[]): Markup | undefined {
  if (rules.length === 0) return undefined;
  return html`<section><h2>What these rules say</h2>
${rules.map(ruleMarkup)}</section>
`;
}

/** Where a rule stands in the page. Ids of rules are ours, letters and digits. */
export function ruleAnchor(id: string): string {
  return `rule-${id}`;
}

function ruleMarkup({ id, name, title, why, mend, sources }: Rule): Markup {
  return html`<details><summary><h3>${id} ${name}</h3> <span class="soft">${title}</span></summary>
<div class="body" id="${ruleAnchor(id)}">
<h4>Why it matters</h4>
${paragraphs(why)}
<h4>How to mend it</h4>
${paragraphs(mend)}
${
  sources.length === 0
    ? undefined
    : html`<h4>Sources</h4>
<ul>${sources.map((source) => html`<li>${source}</li>`)}</ul>
`
}<p class="soft">In a terminal: <code>ungarble explain ${id}</code></p>
</div></details>
`;
}

/** The little Markdown that rules are written in: paragraphs, code and strong words. */
function paragraphs(markdown: string): readonly Markup[] {
  return markdown
    .trim()
    .split(/\n\s*\n/)
    .map(
      (paragraph) => html`<p>${inline(paragraph.replace(/\s+/g, ' '))}</p>
`,
    );
}

function inline(text: string): readonly Markup[] {
  return text
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      if (/^`[^`]+`$/.test(piece)) return html`<code>${piece.slice(1, -1)}</code>`;
      if (/^\*\*[^*]+\*\*$/.test(piece)) return html`<strong>${piece.slice(2, -2)}</strong>`;
      return html`${piece}`;
    });
}
