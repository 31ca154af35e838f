import type { FileDetails, RunDetails } from './details.ts';
import { findingsSection } from './html-findings.ts';
import { html, type Markup, name, shownText } from './html-markup.ts';
import { netSection } from './html-net.ts';
import { runtimesSection, setupSection } from './html-setup.ts';
import { severityCounts } from './inspect-sections.ts';
import { checkpointText } from './inspect-text.ts';
import { counted, formatBytes, formatCount } from './numbers.ts';
import { countOf, type FileReport, isSound, type Report } from './report.ts';
import { safetyLines } from './safety.ts';
import { PLAIN_VIEW } from './view.ts';

/** Files of a folder before they are only counted. */
const MOST_PARTS = 12;

/** How a file came out: a mark, a word for those who see no colours, and a style. */
export interface Outcome {
  readonly mark: string;
  readonly word: string;
  readonly style: 'bad' | 'warn' | 'good';
  /** The gravest first. */
  readonly rank: number;
}

/** How a file came out. What was not wholly checked is never sound. */
export function outcomeOf(file: FileReport): Outcome {
  if (file.failure !== undefined) return { mark: '✘', word: 'could not be checked', style: 'bad', rank: 0 };
  const counts = severityCounts(file);
  const whole = file.unchecked.length === 0;
  const word = [counts, ...(whole ? [] : ['not wholly checked'])].filter((text) => text !== '').join(', ');
  if (countOf(file.findings, 'error') > 0) return { mark: '✘', word, style: 'bad', rank: 1 };
  if (!whole) return { mark: '!', word, style: 'warn', rank: 2 };
  if (!isSound(file)) return { mark: '!', word, style: 'warn', rank: 3 };
  if (counts === '') return { mark: '✔', word: 'sound', style: 'good', rank: 5 };
  return { mark: '✔', word: `sound, ${counts}`, style: 'good', rank: 4 };
}

/** What a file is, in few words. Raw. */
export function titleOf({ components, checkpoint }: FileReport): string {
  const main = components.find(({ kind }) => kind === 'unet') ?? components[0];
  if (main !== undefined) return main.title;
  return checkpoint === undefined ? '' : 'nothing that is known';
}

export interface FileOptions {
  /** Of the section, unique in the page. */
  readonly id: string;
  readonly open: boolean;
  readonly all: boolean;
  /** Absent where the report carries none, or where the page has enough of them. */
  readonly details?: FileDetails;
}

/** Everything of one file. */
export function fileSection(file: FileReport, report: Report, options: FileOptions): Markup {
  const { id, open, all, details } = options;
  const { mark, word, style } = outcomeOf(file);
  const title = titleOf(file);
  return html`<details${open ? html` open` : undefined}><summary><span class="${style}">${mark}</span> <h2>${name(file.path, 400)}</h2> <span class="soft">${title === '' ? undefined : html`${name(title, 80)} · `}${word}</span></summary>
<div class="body" id="${id}">
${aboutFile(file)}
${file.against === undefined ? undefined : html`<p class="soft">held against ${name(file.against.join(', '), 400)}</p>`}
${incomplete(file)}
${findingsSection(file, report, all)}
${details?.nets.map((net, index) => netSection(net, `${id}-net${index}`, all))}
${details?.run && runMarkup(details.run)}
${
  details === undefined || details.setups.length === 0
    ? undefined
    : html`<h3>What it is to be run with</h3>
${details.setups.map(setupSection)}`
}
${details && runtimesSection(details.runtimes)}
${componentsTable(file)}
${report.files.length > 1 ? html`<p class="up"><a href="#files">↑ all files</a></p>` : undefined}
</div></details>
`;
}

function aboutFile({ checkpoint, transfer }: FileReport): Markup | undefined {
  if (checkpoint === undefined) return undefined;
  const { files, pickles = [] } = checkpoint;
  const [first] = files;
  const hashes = files.filter(({ sha256 }) => sha256 !== undefined);
  return html`<p>${name(checkpointText(checkpoint), 400)}</p>
${safetyLines(pickles, PLAIN_VIEW).map((line) => html`<p>${shownText(line.trim())}</p>`)}
${transfer === undefined ? undefined : html`<p class="soft">read over the network: ${formatBytes(transfer.bytes)} in ${counted(transfer.requests, 'request')}</p>`}
${hashes.length === 1 && first?.sha256 !== undefined ? html`<p class="soft small">SHA-256 <code>${first.sha256}</code></p>` : undefined}
${
  files.length > 1
    ? html`<ul class="soft small">${files
        .slice(0, MOST_PARTS)
        .map(({ path, size: bytes }) => html`<li><code>${name(path)}</code> ${formatBytes(bytes)}</li>`)}${
        files.length > MOST_PARTS ? html`<li>and ${files.length - MOST_PARTS} more</li>` : undefined
      }</ul>`
    : undefined
}`;
}

/** What was not read or not checked stands before everything that was. */
function incomplete({ failure, unchecked }: FileReport): Markup | undefined {
  if (failure === undefined && unchecked.length === 0) return undefined;
  return html`<div class="callout">${
    failure &&
    html`<p><strong>Could not be checked:</strong> ${name(failure.reason, 400)} ${failure.hint === undefined ? undefined : name(failure.hint, 400)}</p>`
  }${
    unchecked.length === 0
      ? undefined
      : html`<p><strong>Not checked:</strong></p><ul>${unchecked.map(({ path, reason }) => html`<li><code>${name(path)}</code>: ${name(reason, 400)}</li>`)}</ul>`
  }</div>`;
}

/** What evidence says is in words, too. */
const SAYS: Readonly<Record<RunDetails['evidence'][number]['says'], string>> = {
  sound: 'soft',
  unclear: 'soft',
  suspicious: 'warn',
  garbled: 'bad',
};

const VERDICTS: Readonly<Record<RunDetails['verdict'], Outcome['style']>> = {
  sound: 'good',
  unjudged: 'warn',
  suspicious: 'warn',
  garbled: 'bad',
};

function runMarkup({ verdict, evidence, unjudged, witnesses }: RunDetails): Markup {
  return html`<h3>What a run of the net found: <span class="${VERDICTS[verdict]}">${verdict}</span></h3>
<ul>${evidence.map(({ probe, says, words }) => html`<li>${probe.replaceAll('_', ' ')}: ${name(words, 600)} <span class="${SAYS[says]}">(${says})</span></li>`)}${unjudged.map(
    ({ probe, reason }) =>
      html`<li class="soft">${probe.replaceAll('_', ' ')}: not judged, ${name(reason, 400)}</li>`,
  )}</ul>
${
  witnesses.length === 0
    ? undefined
    : html`<table class="stack"><thead><tr><th>about</th><th>says</th><th>known</th><th>from</th></tr></thead><tbody>${witnesses.map(
        ({ about, value, known, from }) =>
          html`<tr><th scope="row">${about.replaceAll('_', ' ')}</th><td>${name(value)}</td><td class="soft" data-label="known">${known}</td><td class="soft" data-label="from">${name(from)}</td></tr>
`,
      )}</tbody></table>`
}`;
}

function componentsTable({ components }: FileReport): Markup | undefined {
  if (components.length === 0) return undefined;
  return html`<h3>Components</h3>
<table class="stack"><thead><tr><th>kind</th><th>what</th><th class="number">tensors</th><th class="number">parameters</th><th>dtypes</th><th>where</th></tr></thead><tbody>
${components.map(
  ({ kind, title, tensors, parameters, dtypes, part, variant, prefix }) =>
    html`<tr><th scope="row">${kind}</th><td>${name(title, 120)}</td><td class="number" data-label="tensors">${tensors}</td><td class="number" data-label="parameters">${formatCount(parameters)}</td><td class="soft" data-label="dtypes">${name([...dtypes.keys()].sort().join(' '), 80)}</td><td class="soft" data-label="where">${whereOf(part, variant, prefix)}</td></tr>
`,
)}</tbody></table>
`;
}

function whereOf(part: string, variant: string | undefined, prefix: string): Markup {
  const places = [part === '' ? '' : `${part}/`, variant === undefined ? '' : `variant ${variant}`, prefix];
  const known = places.filter((place) => place !== '').join(' ');
  return known === '' ? html`no prefix` : html`<code>${name(known)}</code>`;
}
