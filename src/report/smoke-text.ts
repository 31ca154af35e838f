import { counted, formatBytes } from './numbers.ts';
import type { DrawnPicture, SmokePlanReport, SmokeReport, ToldDevice } from './smoke-report.ts';
import { table, type Row } from './table.ts';
import { finish, shown, type View } from './view.ts';
import { wrap } from './wrap.ts';

/** What a run is about to do: shown before it, so that a long wait is not a blind one. */
export function smokePlanText(plan: SmokePlanReport, view: View): string {
  const { palette } = view;
  const lines = [
    palette.strong(shown(plan.path, view)),
    ...wrap(shown(plan.title, view), view.width, '  '),
    '',
  ];
  const rows = plan.facts.map(
    ({ name, value, known, from }): Row => ({
      cells: [
        { text: name },
        { text: shown(String(value), view), paint: palette.accent },
        { text: known },
        { text: shown(from, view), paint: palette.faint },
      ],
    }),
  );
  const columns = [{ title: '' }, { title: '' }, { title: 'known' }, { title: 'from', shrinks: true }];
  lines.push(...table(columns, rows, view));
  for (const { encoder, prompt, negative, reads } of plan.prompts) {
    lines.push('', ...wrap(`${shown(encoder, view)}, ${shown(reads, view)}`, view.width, '  '));
    lines.push(...wrap(quoted(prompt, view), view.width, '    prompt    '));
    if (negative !== '') lines.push(...wrap(quoted(negative, view), view.width, '    negative  '));
  }
  if (plan.notes.length > 0) lines.push('');
  for (const note of plan.notes)
    lines.push(...wrap(shown(note, view, 1000), view.width, '  ! ').map(palette.warn));
  return finish(lines, view);
}

function quoted(text: string, view: View): string {
  return text === '' ? '(empty)' : `“${shown(text, view, 1000)}”`;
}

/** What came of it. `picture` is the picture as lines of the terminal; none where it cannot be shown. */
export function smokeResultText(report: SmokeReport, picture: readonly string[], view: View): string {
  const { drawn, device, peakBytes } = report;
  const row = (name: string, text: string): Row => ({ cells: [{ text: name }, { text }] });
  const shares = [
    row('ran on', deviceWords(device, view)),
    ...(drawn === undefined ? [] : drawnRows(drawn, row)),
    row('memory', `${formatBytes(peakBytes)} at most`),
  ];
  const lines: string[] = [];
  if (drawn !== undefined) {
    const { width, height, label } = drawn.picture;
    lines.push('', ...picture.map((line) => `  ${line}`));
    lines.push(...wrap(`${width}x${height}, ${label}`, view.width, '  '));
  }
  lines.push('', ...table([{ title: '' }, { title: '' }], shares, view));
  if (report.device.fallback !== undefined) {
    lines.push(...wrap(shown(report.device.fallback, view, 1000), view.width, '  ! ').map(view.palette.warn));
  }
  return finish(lines, view);
}

function drawnRows({ latent, times, calls }: DrawnPicture, row: (name: string, text: string) => Row): Row[] {
  const { channels, height, width, mean, deviation } = latent;
  const spread = `mean ${mean.toFixed(3)}, deviation ${deviation.toFixed(3)}`;
  return [
    row('latent', `${channels} × ${height} × ${width}, ${spread}`),
    row('time', timeWords(times, calls)),
  ];
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['cpu', 'the CPU'],
  ['webgpu', 'WebGPU'],
  ['cuda', 'CUDA'],
  ['dml', 'DirectML'],
  ['coreml', 'Core ML'],
]);

/** Where a net ran. A processor that plays a GPU is never called one. */
function deviceWords({ provider, adapter, software }: ToldDevice, view: View): string {
  const name = adapter === undefined ? '' : `: ${shown(adapter, view)}`;
  return `${NAMES.get(provider) ?? provider}${name}${software === true ? ' (software, no GPU)' : ''}`;
}

function timeWords({ text, load, net, decode }: DrawnPicture['times'], calls: number): string {
  const each = calls === 0 ? '' : `, ${seconds(net / calls)} each`;
  const parts = [
    `text ${seconds(text)}`,
    `load ${seconds(load)}`,
    `${counted(calls, 'step')} ${seconds(net)}${each}`,
    `decode ${seconds(decode)}`,
  ];
  return parts.join(' · ');
}

/** `12 ms`, `1.34 s`, `72 s`. */
export function seconds(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const value = milliseconds / 1000;
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} s`;
}
