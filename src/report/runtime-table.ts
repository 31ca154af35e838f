/** How programs would read a checkpoint, side by side. */
import { type Difference, type DifferenceKind, valueWords } from '../runtimes/differences.ts';
import type { RuntimeReading } from '../runtimes/index.ts';
import {
  ASSUMPTION_KEYS,
  type Assumed,
  type AssumedValues,
  type Assumptions,
  type Decision,
} from '../runtimes/runtime.ts';
import type { RuntimeRow, Taken } from './details.ts';
import type { Json } from './json.ts';
import type { RuntimeReport } from './report.ts';
import { type Row, table } from './table.ts';
import { shown, type View } from './view.ts';
import { wrap } from './wrap.ts';

/** The table of `inspect`: one row for each program, with what decided below it. What is wrong stands out. */
export function runtimeSection({ readings, differences }: RuntimeReport, view: View): string[] {
  if (readings.length === 0) return [];
  const heading = view.palette.strong('How programs read it');
  if (readings.every(({ decision }) => isNothing(decision))) {
    const text =
      'none of the programs that are known here finds a model of its own in it; --json has the reasons';
    return [heading, ...wrap(text, view.width, '  ').map(view.palette.faint)];
  }
  const columns = [
    { title: 'program', shrinks: true },
    { title: 'takes it for', shrinks: true },
    { title: 'predicts' },
    { title: 'schedule' },
    { title: 'scale', align: 'right' as const },
  ];
  return [
    heading,
    ...table(
      columns,
      readings.map((one) => cells(runtimeRow(one, differences), view)),
      view,
    ),
  ];
}

/** Refused, or taken for what is left over when nothing fits. */
function isNothing(decision: Decision): boolean {
  return decision.kind === 'refused' || (decision.kind === 'identified' && decision.leftOver === true);
}

function cells(row: RuntimeRow, view: View): Row {
  const { palette } = view;
  const program = { text: row.program };
  if ('refused' in row) {
    const faint = { text: 'nothing', paint: palette.faint };
    return { cells: [program, faint, ...BLANK], remark: shown(row.refused, view, 600) };
  }
  const mark = ({ value, wrong }: Taken, text = value) => ({
    text,
    ...(wrong ? { paint: palette.bad } : {}),
  });
  return {
    cells: [
      program,
      mark(row.as, shown(row.as.value, view, 80)),
      mark(row.prediction),
      mark(row.schedule),
      mark(row.scale),
    ],
    remark: shown(row.remark, view, 600),
  };
}

const BLANK = [{ text: '' }, { text: '' }, { text: '' }];

/** What a program makes of a file, in words. Raw. */
export function runtimeRow(
  { runtime, decision }: RuntimeReading,
  differences: readonly Difference[],
): RuntimeRow {
  const { title: program, version } = runtime;
  if (decision.kind === 'refused') return { program, version, refused: refusalOf(decision) };
  const wrong = new Set(differences.filter((each) => each.program === program).map(({ about }) => about));
  const taken = (value: string, ...about: readonly DifferenceKind[]): Taken => ({
    value,
    wrong: about.some((one) => wrong.has(one)),
  });
  const { assumes } = decision;
  return {
    program,
    version,
    as: taken(decision.kind === 'told' ? 'what its user says' : decision.as, 'family'),
    prediction: taken(words(assumes.prediction_type), 'prediction_type'),
    schedule: taken(scheduleWords(assumes), 'schedule', 'zero_terminal_snr'),
    scale: taken(words(assumes.vae_scale), 'vae_scale'),
    remark: remarkOf(decision, differences, program),
  };
}

/** Why it takes a file for nothing, and what it looked at. */
function refusalOf({ reason, evidence }: Extract<Decision, { kind: 'refused' }>): string {
  const by = evidence.join('; ');
  return by === '' ? reason : `${reason}: ${by}`;
}

/** What decided, what is still to be decided, and what is wrong. */
function remarkOf(
  decision: Exclude<Decision, { kind: 'refused' }>,
  differences: readonly Difference[],
  program: string,
): string {
  const open = decision.assumes.prediction_type;
  const wrong = differences.filter((each) => each.program === program);
  const evidence = decision.evidence.join('; ');
  return [
    evidence.startsWith('nothing') ? evidence : `by ${evidence}`,
    ...(open !== undefined && open.value === undefined ? [`predicts by ${open.because}`] : []),
    ...wrong.map(({ about, is, from }) => `wrong about ${ABOUT[about]}: ${is} by ${from}`),
  ].join(' · ');
}

const ABOUT: Readonly<Record<DifferenceKind, string>> = {
  family: 'the family',
  prediction_type: 'the prediction type',
  schedule: 'the schedule',
  zero_terminal_snr: 'zero terminal SNR',
  vae_scale: 'the scale of the latent',
  clip_skip: 'the layer of the text encoder',
  attention_heads: 'the heads',
};

/** An assumption in few words; `measures` where the program looks at more of the file than was read. */
function words<T extends AssumedValues[keyof AssumedValues]>(one: Assumed<T> | undefined): string {
  if (one === undefined) return '';
  return one.value === undefined ? 'measures' : valueWords(one.value);
}

/** The schedule in few words. */
function scheduleWords({ schedule, zero_terminal_snr }: Assumptions): string {
  const name = words(schedule);
  return zero_terminal_snr?.value === true ? `${name}, zero SNR` : name;
}

/** The same for JSON, whole. */
export function runtimesJson({ readings, differences }: RuntimeReport): Json {
  return readings.map(({ runtime, decision }) => ({
    id: runtime.id,
    title: runtime.title,
    version: runtime.version,
    repository: runtime.repository,
    checked: runtime.checked,
    decision: decision.kind,
    ...(decision.kind === 'refused' ? { reason: decision.reason } : { as: decision.as }),
    ...(decision.kind === 'identified' ? { families: decision.families } : {}),
    evidence: decision.evidence,
    ...(decision.kind === 'refused' ? {} : { assumes: assumesJson(decision.assumes) }),
    wrong: differences
      .filter(({ program }) => program === runtime.title)
      .map(({ about, assumes, because, is, known, from }) => ({ about, assumes, because, is, known, from })),
  }));
}

function assumesJson(assumes: Assumptions): Json {
  return ASSUMPTION_KEYS.flatMap((about) => {
    const one = assumes[about];
    if (one === undefined) return [];
    const { value, because, from } = one;
    return [{ about, value: value === undefined ? null : valueWords(value), because, from }];
  });
}
