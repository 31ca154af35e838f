import type { RunEvidence, WordedEvidence } from '../rules/run-evidence.ts';
import type { Difference } from '../runtimes/differences.ts';
import { describeSchedule, knownSchedules } from '../schedule/fingerprint.ts';
import { SUBJECTS, type Witness } from '../setup/witnesses.ts';
import type { Assessment, ProbeName, Says, ScheduleReading, Verdict } from '../smoke/probes/assessment.ts';
import { seconds } from './smoke-text.ts';
import { counted } from './numbers.ts';
import { type Row, table } from './table.ts';
import { finish, type Paint, shown, type View } from './view.ts';
import { wrap } from './wrap.ts';

const VERDICTS: Readonly<Record<Verdict, { readonly mark: string; readonly words: string }>> = {
  sound: { mark: '✔', words: 'sound: it denoises, as what its files say it is' },
  suspicious: { mark: '!', words: 'suspicious: it may garble' },
  garbled: { mark: '✘', words: 'garbled: pictures will be wrong as it would be run' },
  unjudged: { mark: '?', words: 'not judged: nothing speaks against it, and too little could be measured' },
};

const MARKS: Readonly<Record<Says, string>> = { garbled: '✘', suspicious: '!', unclear: '?', sound: '✔' };

/** What the probes found: the verdict, its evidence, and who says what of how the net is to be run. */
export function verdictText(
  { assessment, evidence, witnesses, programs = [] }: RunEvidence,
  view: View,
): string {
  const { verdict, unjudged, forwards, times } = assessment;
  const { mark, words } = VERDICTS[verdict];
  const paint = paintOf(verdict === 'unjudged' ? 'unclear' : verdict, view);
  const lines = ['', ...wrap(`${mark} ${words}`, view.width, '  ').map(paint), ''];
  for (const one of evidence) lines.push(...evidenceLines(one, view));
  for (const { probe, reason } of unjudged) {
    const text = `${titleOf(probe)}: not judged, ${shown(reason, view, 400)}`;
    lines.push(...wrap(text, view.width, '  - ').map(view.palette.faint));
  }
  lines.push(
    '',
    ...witnessTable([...witnesses, ...assumed(assessment, witnesses), ...probed(assessment)], view),
  );
  lines.push(...programLines(programs, view));
  const took = seconds(Number(times['total'] ?? 0));
  lines.push(
    '',
    view.palette.faint(`  the net ran ${counted(forwards, 'time')} for the verdict, ${took} in all`),
  );
  return finish(lines, view);
}

/** Which programs would go wrong, and in what. */
function programLines(programs: readonly Difference[], view: View): string[] {
  if (programs.length === 0) return [];
  const lines = programs.flatMap(({ program, about, assumes, because, is }) => {
    const text = `${program}: ${about.replaceAll('_', ' ')} ${assumes} in place of ${is} (${because})`;
    return wrap(shown(text, view, 400), view.width, '  ! ').map(view.palette.warn);
  });
  return ['', '  programs that would run it as something else, with their own settings:', ...lines];
}

function evidenceLines({ evidence, words }: WordedEvidence, view: View): string[] {
  const paint = evidence.says === 'sound' ? (line: string) => line : paintOf(evidence.says, view);
  const first = `  ${MARKS[evidence.says]} `;
  return wrap(`${titleOf(evidence.probe)}: ${shown(words, view, 400)}`, view.width, first).map(paint);
}

function titleOf(probe: ProbeName): string {
  return probe.replaceAll('_', ' ');
}

function paintOf(says: Says, { palette }: View): Paint {
  return { sound: palette.good, unclear: palette.faint, suspicious: palette.warn, garbled: palette.bad }[
    says
  ];
}

/** Where nobody says what the net predicts: what it is run as all the same. */
function assumed({ declared }: Assessment, witnesses: readonly Witness[]): readonly Witness[] {
  const about = 'prediction_type';
  if (witnesses.some((one) => one.about === about)) return [];
  return [{ about, value: declared.prediction_type, known: 'convention', from: declared.from }];
}

/** What was read off the running net, among those who say something. */
function probed({ read }: Assessment): readonly Witness[] {
  const { prediction, schedule } = read;
  const known = 'probed';
  const nearest = knownSchedules.find(({ id }) => id === schedule?.nearest);
  const from = 'read off the running net';
  return [
    ...(prediction?.type === undefined
      ? []
      : [{ about: 'prediction_type', value: prediction.type, known, from } as const]),
    ...(nearest === undefined
      ? []
      : [{ about: 'schedule', value: describeSchedule(nearest), known, from: likeness(schedule) } as const]),
  ];
}

function likeness(schedule: ScheduleReading | undefined): string {
  const alike = (schedule?.alike ?? []).length;
  const others = alike === 0 ? '' : `; ${counted(alike, 'other')} cannot be told from it`;
  return `the nearest to what was read off the running net${others}`;
}

/** One row for each who says something, those about one thing together; who differs from most stands out. */
function witnessTable(witnesses: readonly Witness[], view: View): string[] {
  const { palette } = view;
  const rows = SUBJECTS.flatMap((subject) => {
    const own = witnesses.filter(({ about }) => about === subject);
    const split = new Set(own.map(({ value }) => value)).size > 1;
    return own.map(({ value, known, from }, index): Row => {
      const mark = { text: shown(value, view), ...(split ? { paint: palette.warn } : {}) };
      return {
        cells: [
          { text: index === 0 ? subject.replaceAll('_', ' ') : '' },
          mark,
          { text: known },
          { text: shown(from, view), paint: palette.faint },
        ],
      };
    });
  });
  const columns = [{ title: '' }, { title: 'says' }, { title: 'known' }, { title: 'from', shrinks: true }];
  return rows.length === 0 ? [] : table(columns, rows, view);
}
