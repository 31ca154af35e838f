import { escapeText, truncateMiddle } from './escape.ts';
import { aboutRun } from './about-run.ts';
import { counted } from './numbers.ts';
import { placeParts } from './places.ts';
import { isSound, type FileReport, type Report } from './report.ts';
import { summaryLine } from './summary.ts';
import { saidOf, type WordedFinding, wordFindings } from './words.ts';

/** Findings of one file in its table, unless all are asked for; a step summary may have a megabyte. */
const MOST_OF_A_FILE = 40;
const MOST_SOUND = 50;
const TEXT_WIDTH = 600;

/** The outcome of a run as Markdown, for step summaries, merge requests and issues. */
export function markdown(report: Report, { all }: { readonly all: boolean }): string {
  const isBare = (file: FileReport) => isSound(file) && file.findings.length === 0;
  const sound = report.files.filter(isBare);
  const others = report.files.filter((file) => !isBare(file));
  const listed = all ? sound : sound.slice(0, MOST_SOUND);
  const about = aboutRun(report, all);
  return `${[
    `## ${report.tool.name}: ${report.exitCode === 0 ? 'passed' : 'did not pass'}`,
    `${text(summaryLine(report.totals))}.`,
    ...(about.length === 0 ? [] : [about.map((raw) => `- ${text(raw)}`).join('\n')]),
    ...others.map((file) => fileSection(file, report, all)),
    ...(listed.length === 0
      ? []
      : [
          `### Sound\n\n${[
            ...listed.map(({ path }) => `- ${text(path)}`),
            ...(listed.length < sound.length ? [`- and ${sound.length - listed.length} more`] : []),
          ].join('\n')}`,
        ]),
  ].join('\n\n')}\n`;
}

function fileSection(file: FileReport, report: Report, all: boolean): string {
  const findings = wordFindings(file.findings, report.rules);
  const listed = all ? findings : findings.slice(0, MOST_OF_A_FILE);
  const left = findings.length - listed.length;
  return [
    `### ${text(file.path)}`,
    ...(file.failure === undefined
      ? []
      : [`**Could not be checked:** ${text(file.failure.reason)} ${text(file.failure.hint ?? '')}`.trim()]),
    ...(file.unchecked.length === 0
      ? []
      : [
          file.unchecked
            .map(({ path, reason }) => `- **not checked:** ${text(path)}: ${text(reason)}`)
            .join('\n'),
        ]),
    ...(listed.length === 0
      ? []
      : [
          [
            '| | rule | what | where | how to mend it |',
            '|---|---|---|---|---|',
            ...listed.map((worded) => row(worded, file)),
          ].join('\n'),
        ]),
    ...(left > 0 ? [`and ${counted(left, 'more finding')}.`] : []),
    ...(file.suppressed === undefined || file.suppressed.length === 0
      ? []
      : [`${counted(file.suppressed.length, 'known finding')} not counted.`]),
  ].join('\n\n');
}

function row({ finding, name, words }: WordedFinding, file: FileReport): string {
  const cells = [
    finding.severity,
    `${finding.rule} ${name}`,
    saidOf(words),
    placeParts(finding.place, file).join(', '),
    words.fix,
  ];
  return `| ${cells.map(text).join(' | ')} |`;
}

/** Raw text that stands in Markdown as it is: nothing of it is markup, a link or HTML. */
function text(raw: string): string {
  return (
    truncateMiddle(escapeText(raw), TEXT_WIDTH)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replace(/[\\`*_[\]#|~$@]/g, (character) => `\\${character}`)
      // what looks like an address would become a link
      .replaceAll('://', ':&#47;&#47;')
  );
}
