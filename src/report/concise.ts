import { aboutRun } from './about-run.ts';
import { counted } from './numbers.ts';
import { placeParts } from './places.ts';
import type { FileReport, Report } from './report.ts';
import { summaryLine } from './summary.ts';
import { finish, shown, type View } from './view.ts';
import { wordFindings } from './words.ts';

/** Each text of a finding shows this much. */
const TEXT_WIDTH = 400;

/**
 * One line a finding, for `grep` and for logs:
 * `model.safetensors: error TOPO002 skip-mismatch: … (found …; expected …) [block up_blocks.1.resnets.2]`.
 * Sound files have no line; the last line sums up.
 */
export function concise(report: Report, view: View): string {
  const lines = report.files.flatMap((file) => fileLines(file, report, view));
  const about = aboutRun(report, true).map((raw) => shown(raw, view, TEXT_WIDTH));
  return finish([...lines, ...about, summaryLine(report.totals)], view);
}

function fileLines(file: FileReport, report: Report, view: View): string[] {
  const text = (raw: string) => shown(raw, view, TEXT_WIDTH);
  const path = shown(file.path, view, 4000);
  const lines: string[] = [];
  if (file.failure !== undefined) lines.push(`${path}: could not be checked: ${text(file.failure.reason)}`);
  for (const { path: part, reason } of file.unchecked) {
    lines.push(`${path}: not checked: ${text(part)}: ${text(reason)}`);
  }
  for (const { finding, name, words } of wordFindings(file.findings, report.rules)) {
    const sides = [
      ...(words.found === undefined ? [] : [`found ${text(words.found)}`]),
      ...(words.expected === undefined ? [] : [`expected ${text(words.expected)}`]),
    ].join('; ');
    const place = placeParts(finding.place, file, text).join(', ');
    lines.push(
      `${path}: ${finding.severity} ${finding.rule} ${name}: ${text(words.what)}` +
        `${sides === '' ? '' : ` (${sides})`}${place === '' ? '' : ` [${place}]`}`,
    );
  }
  const known = file.suppressed?.length ?? 0;
  if (known > 0) lines.push(`${path}: ${counted(known, 'known finding')} not shown`);
  return lines;
}
