import type { FindingPlace, Severity } from '../rules/rule.ts';
import { html, type Markup, name } from './html-markup.ts';
import { ruleAnchor } from './html-rules.ts';
import { counted } from './numbers.ts';
import { placeParts } from './places.ts';
import { countOf, type FileReport, type Report } from './report.ts';
import { groupsByRule, type WordedFinding, wordFindings } from './words.ts';

/** Findings of one rule in one file, unless all are asked for. */
const FOLD_AT = 20;
/** Findings of one file, unless all are asked for. */
const MOST_OF_A_FILE = 200;

const SEVERITIES: readonly { readonly severity: Severity; readonly title: string; readonly style: string }[] =
  [
    { severity: 'error', title: 'Errors', style: 'error' },
    { severity: 'warning', title: 'Warnings', style: 'warning' },
    { severity: 'note', title: 'Notes', style: 'remark' },
  ];

/** Everything found in a file, the gravest first. */
export function findingsSection(file: FileReport, report: Report, all: boolean): Markup {
  const { findings, checkpoint, suppressed = [] } = file;
  const listed = all ? findings : findings.slice(0, MOST_OF_A_FILE);
  const left = findings.length - listed.length;
  const worded = wordFindings(listed, report.rules);
  const groups = SEVERITIES.map(({ severity, title, style }) => {
    const own = worded.filter(({ finding }) => finding.severity === severity);
    if (own.length === 0) return undefined;
    return html`<h3>${title} (${countOf(findings, severity)})</h3>
${groupsByRule(own).map((group) => ruleGroup(group, file, style, all))}`;
  });
  const nothing = checkpoint !== undefined && checkpoint.tensors > 0 && findings.length === 0;
  return html`${groups}${left > 0 ? html`<p>and ${counted(left, 'more finding')}; --all lists them.</p>` : undefined}${
    nothing
      ? html`<p class="good">✔ no findings${file.unchecked.length === 0 ? '' : ' in what was checked'}</p>`
      : undefined
  }${
    suppressed.length === 0
      ? undefined
      : html`<details><summary>${counted(suppressed.length, 'known finding')} not counted</summary><div class="body"><ul>${wordFindings(
          suppressed.map(({ finding }) => finding),
          report.rules,
        ).map(
          ({ finding, words }, index) =>
            html`<li>${finding.rule}: ${words.what}, known by the ${suppressed[index]?.by}${suppressed[index]?.reason === undefined ? undefined : html`: ${name(suppressed[index].reason, 400)}`}</li>`,
        )}</ul></div></details>`
  }
`;
}

/** The findings of one rule: what mends them all is said once, after the last. */
function ruleGroup(group: readonly WordedFinding[], file: FileReport, style: string, all: boolean): Markup {
  const listed = all ? group : group.slice(0, FOLD_AT);
  const left = group.length - listed.length;
  const [first] = listed;
  const oneFix = listed.every(({ words }) => words.fix === first?.words.fix);
  return html`${listed.map((worded, index) =>
    findingMarkup(worded, file, style, !oneFix || index === listed.length - 1),
  )}${left > 0 ? html`<p class="soft">and ${left} more of ${first?.finding.rule}; --all lists them.</p>` : undefined}`;
}

function findingMarkup(
  { finding, name: fault, words }: WordedFinding,
  file: FileReport,
  style: string,
  withFix: boolean,
): Markup {
  const { rule, severity, place, related } = finding;
  const row = (title: string, text: string | undefined) =>
    text === undefined ? undefined : html`<dt>${title}</dt><dd>${text}</dd>`;
  const where = placeMarkup(place, file);
  return html`<article class="finding ${style}"><p class="what"><span class="label ${style}">${severity}</span> <a href="#${ruleAnchor(rule)}">${rule}</a> ${fault}: ${words.what}</p><dl>${[
    row('found', words.found),
    row('expected', words.expected),
    row('known by', words.evidence),
    where && html`<dt>where</dt><dd>${where}</dd>`,
    related.map((one) => html`<dt>and</dt><dd>${placeMarkup(one, file)}</dd>`),
    withFix ? row('mend', words.fix) : undefined,
  ]}</dl></article>
`;
}

function placeMarkup(place: FindingPlace, file: FileReport): Markup | undefined {
  const parts = placeParts(place, file);
  if (parts.length === 0) return undefined;
  return html`${parts.map((part, index) => [index > 0 ? ' · ' : '', html`<code>${name(part, 400)}</code>`])}`;
}
