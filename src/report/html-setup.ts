import { SETUP_KEYS, type Setup, type Told } from '../setup/setup.ts';
import type { RuntimeDetails, RuntimeRow } from './details.ts';
import { html, type Markup, name } from './html-markup.ts';
import { remarkOf, scheduleWords, words } from './runtime-table.ts';
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
export function runtimesSection(runtimes: RuntimeDetails): Markup | undefined {
  const { readings } = runtimes;
  if (readings.length === 0) return undefined;
  return html`<h3>How programs read it</h3>
<table class="stack"><thead><tr><th>program</th><th>takes it for</th><th>predicts</th><th>schedule</th><th class="number">scale</th><th>by what</th></tr></thead><tbody>
${readings.map((one) => runtimeRow(one, runtimes))}</tbody></table>
<p class="soft small">Read off the source of each program in the version named. “asks” stands where the program looks at what was not read here.</p>
`;
}

function runtimeRow({ runtime, decision }: RuntimeRow, { differences }: RuntimeDetails): Markup {
  const program = html`<th scope="row">${runtime.title}<br><span class="soft small">${runtime.version}</span></th>`;
  if (decision.kind === 'refused') {
    return html`<tr>${program}<td class="soft" colspan="4">not taken</td><td class="soft">${name(decision.reason, 300)}</td></tr>
`;
  }
  const wrong = new Set(
    differences.filter((each) => each.program === runtime.title).map(({ about }) => about),
  );
  const { assumes } = decision;
  const cell = (label: string, text: string, bad: boolean) =>
    html`<td class="${label === 'takes it for' ? '' : 'short'}${bad ? ' bad' : ''}" data-label="${label}">${bad ? '✘ ' : ''}${name(text, 80)}</td>`;
  const as = decision.kind === 'told' ? 'what its user says' : decision.as;
  return html`<tr>${program}${[
    cell('takes it for', as, wrong.has('family')),
    cell('predicts', words(assumes.prediction_type) || '–', wrong.has('prediction_type')),
    cell('schedule', scheduleWords(assumes) || '–', wrong.has('schedule') || wrong.has('zero_terminal_snr')),
    cell('scale', words(assumes.vae_scale) || '–', wrong.has('vae_scale')),
  ]}<td class="soft small" data-label="by">${name(remarkOf(decision, differences, runtime.title), 600)}</td></tr>
`;
}
