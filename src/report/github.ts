import { escapeText } from './escape.ts';
import { counted } from './numbers.ts';
import { insideParts, pathOf } from './places.ts';
import type { FileReport, Report } from './report.ts';
import { summaryLine } from './summary.ts';
import { groupsByRule, saidOf, type WordedFinding, wordFindings } from './words.ts';

/** GitHub shows so many annotations of one level a step, and drops the rest without a word. */
const MOST_OF_A_LEVEL = 10;

type Level = 'error' | 'warning' | 'notice';

interface Annotation {
  readonly level: Level;
  readonly file: string;
  readonly title: string;
  readonly lines: readonly string[];
}

/**
 * Workflow commands that GitHub shows as annotations, one for each rule of a file, and the run in one line. What is
 * beyond GitHub's limit is counted; the Markdown report in the step summary has it.
 */
export function github(report: Report): string {
  const all = report.files.flatMap((file) => annotationsOf(file, report));
  const lines = (['error', 'warning', 'notice'] as const).flatMap((level) => linesOf(level, all));
  return `${[...lines, summaryLine(report.totals)].join('\n')}\n`;
}

function linesOf(level: Level, all: readonly Annotation[]): string[] {
  const own = all.filter((one) => one.level === level);
  const lines = own.slice(0, MOST_OF_A_LEVEL).map(command);
  const left = own.length - lines.length;
  if (left > 0) lines.push(`${left} more of level ${level} without an annotation`);
  return lines;
}

function annotationsOf(file: FileReport, { rules }: Report): Annotation[] {
  const { path, failure, unchecked } = file;
  return [
    ...(failure === undefined
      ? []
      : [
          {
            level: 'error' as const,
            file: path,
            title: 'could not be checked',
            lines: [failure.reason, ...(failure.hint === undefined ? [] : [failure.hint])],
          },
        ]),
    ...unchecked.map((one) => ({
      level: 'warning' as const,
      file: path,
      title: 'not checked',
      lines: [`${one.path}: ${one.reason}`],
    })),
    ...groupsByRule(wordFindings(file.findings, rules)).flatMap((group) => annotationOf(group, file)),
  ];
}

function annotationOf([first, ...others]: readonly WordedFinding[], file: FileReport): Annotation[] {
  if (first === undefined) return [];
  const { finding, name, words } = first;
  const place = insideParts(finding.place).join(', ');
  return [
    {
      level: finding.severity === 'note' ? 'notice' : finding.severity,
      file: pathOf(finding.place, file),
      title: `${finding.rule} ${name}`,
      lines: [
        saidOf(words),
        ...(place === '' ? [] : [place]),
        `To mend it: ${words.fix}`,
        ...(others.length === 0 ? [] : [`+ ${counted(others.length, 'more finding')} of this rule`]),
      ],
    },
  ];
}

/** Source of the escapes: actions/toolkit packages/core/src/command.ts. */
function command({ level, file, title, lines }: Annotation): string {
  const text = lines.map((line) => escapeText(line)).join('\n');
  return `::${level} file=${property(file)},title=${property(`ungarble: ${title}`)}::${data(text)}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(raw: string): string {
  return data(escapeText(raw)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
