import { SETUP_KEYS, type Setup, type Told } from '../setup/setup.ts';
import type { RuntimeRow, Taken } from './details.ts';
import { html, type Markup, name } from './html-markup.ts';
import { valueText } from './setup-text.ts';

const PROGRAMS: Readonly<Record<Setup['program'], string>> = {
  diffusers: 'what diffusers would run it with',
  comfyui: 'a workflow of ComfyUI',
  a1111: 'settings of AUTOMATIC1111',
  ldm: 'an LDM config',
  training: 'what it was made with, as far as the file and its family tell',
  ungarble: 'a setup',
};

/** A setup: each field with its value and who says so. */
export function setupSection({ name: file, program, fields, notes }: Setup): Markup {
  const rows = SETUP_KEYS.flatMap((key) => {
    const told: Told<unknown> | undefined = fields[key];
    return told === undefined
      ? []
      : [
          html`<tr><th scope="row">${key}</th><td>${name(valueText(told.value), 120)}</td><td class="soft" data-label="known">${told.known}</td><td class="soft" data-label="from">${name(told.from)}</td></tr>
`,
        ];
  });
  return html`<h4>${name(file)}: ${PROGRAMS[program]}</h4>
${
  rows.length === 0
    ? html`<p>It says nothing.</p>`
    : html`<table class="stack"><thead><tr><th>field</th><th>value</th><th>known</th><th>who says so</th></tr></thead><tbody>
${rows}</tbody></table>`
}
${notes.length === 0 ? undefined : html`<ul class="soft">${notes.map((note) => html`<li>${name(note, 400)}</li>`)}</ul>`}
`;
}

/** What each program makes of the file. */
export function runtimesSection(runtimes: readonly RuntimeRow[]): Markup | undefined {
  if (runtimes.length === 0) return undefined;
  return html`<h3>How programs read it</h3>
<table class="stack"><thead><tr><th>program</th><th>takes it for</th><th>predicts</th><th>schedule</th><th class="number">scale</th><th>by what</th></tr></thead><tbody>
${runtimes.map(runtimeRow)}</tbody></table>
<p class="soft small">As each program in the version named decides. “measures” stands where it looks at numbers that were not read here.</p>
`;
}

function runtimeRow(row: RuntimeRow): Markup {
  const program = html`<th scope="row">${row.program}<br><span class="soft small">${row.version}</span></th>`;
  if ('refused' in row) {
    return html`<tr>${program}<td class="soft" colspan="4">nothing</td><td class="soft small">${name(row.refused, 600)}</td></tr>
`;
  }
  const cell = (label: string, { value, wrong }: Taken) =>
    html`<td class="${label === 'takes it for' ? '' : 'short'}${wrong ? ' bad' : ''}" data-label="${label}">${wrong ? '✘ ' : ''}${name(value || '–', 80)}</td>`;
  return html`<tr>${program}${[
    cell('takes it for', row.as),
    cell('predicts', row.prediction),
    cell('schedule', row.schedule),
    cell('scale', row.scale),
  ]}<td class="soft small" data-label="by">${name(row.remark, 600)}</td></tr>
`;
}
