import type { FindingPlace } from '../rules/rule.ts';
import { aboutRun } from './about-run.ts';
import { displayWidth } from './escape.ts';
import { severityPaint } from './inspect-sections.ts';
import { counted, formatCount } from './numbers.ts';
import { placeParts } from './places.ts';
import { isSound, type FileReport, type Report } from './report.ts';
import { summaryLine } from './summary.ts';
import { finish, shown, type View } from './view.ts';
import { groupsByRule, wordFindings, type WordedFinding } from './words.ts';
import { wrap } from './wrap.ts';

/** Findings of one rule in one file before `+ n more`. */
const FOLD_AT = 8;
/** Sound files listed by name before they are only counted. */
const SOUND_LISTED = 20;
/** Names may be of any length; a finding shows this much of each text. */
const TEXT_WIDTH = 400;
const FIX_WIDTH = 2000;

export interface ValidateOptions {
  /** Shows every finding and every file. */
  readonly all: boolean;
}

/** The outcome of a run for people: files with their findings, the summary last. */
export function validateText(report: Report, options: ValidateOptions, view: View): string {
  const sound = report.files.filter(isSound);
  const folded = !options.all && sound.length > SOUND_LISTED;
  const sections = report.files
    .filter((file) => !folded || !isSound(file) || file.findings.length > 0)
    .map((file) => fileSection(file, report, options, view));
  // one-line files stand together; those with findings have air around them
  const lines: string[] = [];
  let long = false;
  for (const section of sections) {
    if (lines.length > 0 && (long || section.length > 1)) lines.push('');
    lines.push(...section);
    long = section.length > 1;
  }
  if (folded) lines.push(view.palette.faint(`+ ${counted(sound.length, 'sound file')}; --all lists them`));
  const against = report.against?.map(({ name }) => shown(name, view, TEXT_WIDTH)) ?? [];
  const held = against.length === 0 ? [] : wrap(against.join(', '), view.width, 'held against ');
  const about = aboutRun(report, options.all).flatMap((raw) =>
    wrap(shown(raw, view, TEXT_WIDTH), view.width),
  );
  return finish([...lines, '', ...held, ...about, ...wrap(summaryLine(report.totals), view.width)], view);
}

function fileSection(file: FileReport, report: Report, options: ValidateOptions, view: View): string[] {
  const { palette } = view;
  const mark = isSound(file) ? palette.good('✔') : palette.bad('✘');
  // the path is the one thing that must not be cut; what the file is gives way to it
  const path = wrap(shown(file.path, view, TEXT_WIDTH), view.width - 2);
  const about = aboutFile(file, view);
  const fits = displayWidth(`${path[0]}${about}`) + 2 <= view.width;
  const head = path.map((line, index) => `${index === 0 ? mark : ' '} ${palette.strong(line)}`);
  return [
    ...head.with(0, `${head[0]}${fits ? palette.faint(about) : ''}`),
    ...failureLines(file, view),
    ...findingLines(file, report, options, view),
    ...suppressedLines(file, view),
    ...againstLines(file, view),
  ];
}

/** Setups of this file alone; those of all stand at the end. */
function againstLines({ against = [] }: FileReport, view: View): string[] {
  if (against.length === 0) return [];
  return wrap(shown(against.join(', '), view, TEXT_WIDTH), view.width, '  held against ').map(
    view.palette.faint,
  );
}

function aboutFile({ components, checkpoint }: FileReport, view: View): string {
  const main = components.find(({ kind }) => kind === 'unet') ?? components[0];
  if (main === undefined || checkpoint === undefined) return '';
  return `  ${shown(main.title, view, 60)} · ${formatCount(main.parameters)}`;
}

function failureLines(file: FileReport, view: View): string[] {
  const { failure } = file;
  const cannot = view.palette.warn('could not be checked');
  return [
    ...(failure === undefined
      ? []
      : [
          '',
          ...wrap(shown(failure.reason, view, TEXT_WIDTH), view.width - 20, `  ${cannot}: `),
          ...(failure.hint === undefined
            ? []
            : wrap(shown(failure.hint, view, TEXT_WIDTH), view.width, '    ')),
        ]),
    ...(file.unchecked.length > 0 ? [''] : []),
    ...file.unchecked.flatMap(({ path, reason }) =>
      wrap(
        `${shown(path, view, TEXT_WIDTH)}: ${shown(reason, view, TEXT_WIDTH)}`,
        view.width,
        '  not checked: ',
      ),
    ),
  ];
}

/** Known findings are counted, never dropped without a word. */
function suppressedLines({ suppressed = [] }: FileReport, view: View): string[] {
  if (suppressed.length === 0) return [];
  return [
    '',
    ...wrap(`${counted(suppressed.length, 'known finding')} not counted`, view.width, '  ').map(
      view.palette.faint,
    ),
  ];
}

function findingLines(file: FileReport, report: Report, { all }: ValidateOptions, view: View): string[] {
  const { palette } = view;
  const lines: string[] = [];
  const remark = (label: string, text: string) =>
    lines.push(...wrap(shown(text, view, FIX_WIDTH), view.width, `   = ${label}: `).map(palette.faint));
  for (const group of groupsByRule(wordFindings(file.findings, report.rules))) {
    const [first] = group;
    if (first === undefined) continue;
    const { rule } = first.finding;
    const listed = all ? group : group.slice(0, FOLD_AT);
    const folded = group.length - listed.length;
    // what mends them all is said once, after the last
    const oneFix = listed.every(({ words }) => words.fix === first.words.fix);
    for (const worded of listed) {
      lines.push('', ...findingText(worded, file, view));
      if (!oneFix) remark('mend', worded.words.fix);
    }
    if (folded > 0) lines.push(`   + ${folded} more of ${rule} (${first.name}); --all shows them`);
    if (oneFix) remark('mend', first.words.fix);
    remark('explain', `ungarble explain ${rule}`);
  }
  return lines;
}

/**
 * ```
 * error[TOPO002] skip-mismatch: a skip connection does not fit
 *   --> block up_blocks.1.resnets.2 · tensor … · bytes 1024..24064
 *    |  found     1280 + 320 = 1600 channels
 *    |  expected  1920 channels
 * ```
 */
function findingText({ finding, name, words }: WordedFinding, file: FileReport, view: View): string[] {
  const label = `${finding.severity}[${finding.rule}]`;
  const what = wrap(`${label} ${name}: ${shown(words.what, view, TEXT_WIDTH)}`, view.width - 2).map(
    (line, index) => (index === 0 ? line.replace(label, severityPaint(finding.severity, view)) : `  ${line}`),
  );
  const side = (title: string, text: string | undefined) =>
    text === undefined ? [] : wrap(shown(text, view, TEXT_WIDTH), view.width, `   |  ${title.padEnd(9)} `);
  return [
    ...what,
    ...placeLines('  --> ', finding.place, file, view),
    ...finding.related.flatMap((place) => placeLines('   ++ ', place, file, view)),
    ...side('found', words.found),
    ...side('expected', words.expected),
    ...side('known by', words.evidence),
  ];
}

/** `block mid_block.resnets.0 · tensor … · bytes 0..64`, in one line where it fits, else one line each. */
function placeLines(mark: string, place: FindingPlace, file: FileReport, view: View): string[] {
  const parts = placeParts(place, file, (raw) => shown(raw, view, TEXT_WIDTH));
  const line = mark + parts.join(' · ');
  if (parts.length === 0) return [];
  if (displayWidth(line) <= view.width) return [view.palette.accent(line)];
  return parts
    .flatMap((part, index) => wrap(part, view.width, index === 0 ? mark : ' '.repeat(mark.length)))
    .map(view.palette.accent);
}
