import { aboutRun } from './about-run.ts';
import { fileSection, outcomeOf, titleOf } from './html-file.ts';
import { html, type Markup, name } from './html-markup.ts';
import { rulesSection } from './html-rules.ts';
import { setupSection } from './html-setup.ts';
import { STYLE } from './html-style.ts';
import { counted } from './numbers.ts';
import type { FileReport, Report } from './report.ts';
import { summaryLine } from './summary.ts';

/** Files that stand open when the page is opened. */
const MOST_OPEN = 3;
/** Files with their nets, setups and programs, unless all are asked for: some 25 kB each. */
const MOST_DETAILED = 60;
/** Sound files with a section of their own, unless all are asked for; they are all in the table. */
const MOST_SOUND = 200;

/**
 * The outcome of a run as one page that needs nothing else: no script, no network, no second file. It may be sent by
 * mail and kept, printed, and read on a phone. Files are listed the gravest first.
 */
export function htmlPage(report: Report, { all }: { readonly all: boolean }): string {
  const files = report.files.toSorted((a, b) => outcomeOf(a).rank - outcomeOf(b).rank);
  const listed = all ? files : files.slice(0, Math.max(MOST_SOUND, files.findLastIndex(isWorthReading) + 1));
  const found = new Set(files.flatMap((file) => file.findings.map(({ rule }) => rule)));
  const rules = report.rules.filter(({ id }) => found.has(id));
  const detailed = all ? listed.length : MOST_DETAILED;
  const undrawn = listed.slice(detailed).filter(({ details }) => details !== undefined).length;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${report.tool.name}: ${verdictOf(report).title}</title>
${STYLE}
</head>
<body>
<header>${verdictMarkup(report, all)}</header>
<main>
${files.length > 1 ? filesTable(files, listed.length) : undefined}
${againstSection(report)}
${files.length > 1 ? html`<h2>File by file</h2>` : undefined}
${listed.map((file, index) =>
  fileSection(file, report, {
    id: anchor(index),
    open: files.length <= MOST_OPEN,
    all,
    ...(file.details === undefined || index >= detailed ? {} : { details: file.details }),
  }),
)}
${undrawn > 0 ? html`<p>The nets of ${counted(undrawn, 'file')} are not drawn here; --all draws every one.</p>` : undefined}
${isBare(files) ? html`<p>No net is drawn here: the report was put together from JSON without details, which --format json-details has.</p>` : undefined}
${rulesSection(rules)}
</main>
<footer>${report.tool.name} ${report.tool.version} · ${report.rules.length} rules · how each fact is known: measured (from shapes), declared (a config or metadata says so), convention (what programs assume), probed (read off the weights)</footer>
</body>
</html>
`;
  return page.markup;
}

/** True for files that could be drawn and came without what is drawn. */
function isBare(files: readonly FileReport[]): boolean {
  const read = files.filter(({ checkpoint }) => checkpoint !== undefined);
  return read.length > 0 && read.every(({ details }) => details === undefined);
}

function isWorthReading(file: FileReport): boolean {
  return outcomeOf(file).rank < 5;
}

function anchor(index: number): string {
  return `file${index + 1}`;
}

interface Verdict {
  readonly title: string;
  readonly mark: string;
  readonly style: 'bad' | 'warn' | 'good';
}

/** The exit code of a run in which nothing failed but could not all be checked. */
const INCOMPLETE = 3;

/** The whole run in a word. What was not checked is never called passed. */
function verdictOf({ exitCode, totals }: Report): Verdict {
  if (exitCode === INCOMPLETE) return { title: 'could not check everything', mark: '!', style: 'warn' };
  if (exitCode !== 0) return { title: 'did not pass', mark: '✘', style: 'bad' };
  if (totals.files === 0) return { title: 'nothing was checked', mark: '!', style: 'warn' };
  if (totals.errors > 0) return { title: 'passed, with errors', mark: '!', style: 'warn' };
  return { title: 'passed', mark: '✔', style: 'good' };
}

function verdictMarkup(report: Report, all: boolean): Markup {
  const { title, mark, style } = verdictOf(report);
  const { failOn, exitCode, against = [] } = report;
  const held = against.map(({ name: one }, index) => [index > 0 ? ', ' : '', name(one)]);
  return html`<div class="verdict ${style}"><h1>${mark} ${report.tool.name}: ${title}</h1>
<p>${summaryLine(report.totals)}.</p>
${against.length === 0 ? undefined : html`<p>Held against ${held}.</p>`}
<p class="small">${failOn === 'never' ? 'No finding fails the run' : `Findings from ${failOn} on fail the run`}; exit code ${exitCode}.</p>${aboutRun(report, all).map((line) => html`<p class="small">${name(line, 600)}</p>`)}</div>`;
}

function filesTable(files: readonly FileReport[], sections: number): Markup {
  return html`<h2 id="files">Files</h2>
<div class="wide"><table class="files"><thead><tr><th></th><th>file</th><th>outcome</th></tr></thead><tbody>
${files.map((file, index) => {
  const { mark, word, style } = outcomeOf(file);
  const title = titleOf(file);
  const path = name(file.path, 400);
  return html`<tr><td class="${style}">${mark}</td><th scope="row">${index < sections ? html`<a href="#${anchor(index)}">${path}</a>` : path}${title === '' ? undefined : html`<br><span class="soft small">${name(title, 80)}</span>`}</th><td class="${style}">${word}</td></tr>
`;
})}</tbody></table></div>
`;
}

/** The setups that every model was held against. */
function againstSection({ against = [] }: Report): Markup | undefined {
  if (against.length === 0) return undefined;
  return html`<h2>What they are held against</h2>
${against.map(setupSection)}`;
}
