/** What was found, what was missed, and what it cost, in lines. */
import { isGarbledOnAverage } from './harm.ts';
import type { Row } from './run.ts';

const HALVES = ['choose', 'measure'] as const;

export function tableOf(rows: readonly Row[]): string {
  const judged = rows.filter(({ judgement }) => judgement !== undefined);
  const damaged = judged.filter(({ type }) => type === 'damage');
  return [
    netsPart(rows),
    variantsPart(rows.filter(({ type }) => type === 'healthy')),
    ...(judged.length === 0
      ? [harmPart(rows)]
      : [halvesPart(damaged), kindsPart(damaged), evidencePart(damaged)]),
    ...(judged.length === 0 ? [] : [missesPart(damaged), costPart(judged)]),
  ].join('\n\n');
}

/** True for what is worse by the measured loss or pictures: what is to be found. */
function isGarbled({ truth }: Row): boolean {
  return truth.harm === 'garbling' || truth.harm === 'grave';
}

function isFound({ judgement }: Row): boolean {
  return (
    judgement?.called === 'suspicious' || judgement?.called === 'garbled' || judgement?.called === 'refused'
  );
}

function isCalledGarbled({ judgement }: Row): boolean {
  return judgement?.called === 'garbled' || judgement?.called === 'refused';
}

function share(part: number, of: number): string {
  return of === 0 ? '–' : `${part} of ${of} (${((100 * part) / of).toFixed(1)} %)`;
}

function count(rows: readonly Row[], test: (row: Row) => boolean): number {
  return rows.filter(test).length;
}

function grouped<T>(rows: readonly Row[], key: (row: Row) => T): Map<T, Row[]> {
  const groups = new Map<T, Row[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]?.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0))) ?? [];
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function netsPart(rows: readonly Row[]): string {
  const lines = [...grouped(rows, ({ net }) => net)].map(([net, own]) => {
    const sound = own.find(({ truth }) => truth.loss !== undefined)?.truth.loss?.sound;
    const half = own[0]?.netHalf ?? '';
    return [net, half, sound?.toFixed(4) ?? '', `${own.length}`, `${count(own, isGarbled)}`];
  });
  return `Nets\n${aligned([['net', 'half', 'loss', 'cases', 'truly garbling'], ...lines])}`;
}

function variantsPart(rows: readonly Row[]): string {
  const lines = [...grouped(rows, ({ kind }) => kind)].map(([kind, own]) => {
    const ratios = own.map(({ truth }) => truth.loss?.all.value ?? Number.NaN);
    return [
      kind,
      `${own.length}`,
      `×${Math.max(...ratios).toFixed(2)}`,
      `${count(own, ({ judgement }) => judgement?.called === 'sound')}`,
      `${count(own, ({ judgement }) => judgement?.called === 'unjudged')}`,
      `${count(own, ({ judgement }) => judgement?.called === 'suspicious')}`,
      `${count(own, isCalledGarbled)}`,
    ];
  });
  const alarms = rows.filter(isFound).map((row) => {
    const worse = isGarbled(row) ? `, though its loss is ×${row.truth.loss?.all.value.toFixed(2)}` : '';
    return `  false alarm: ${row.net}: ${row.id}${worse}: ${toldOf(row)}`;
  });
  return [
    'Healthy variants',
    aligned([['variant', 'nets', 'worst loss', 'sound', 'unjudged', 'suspicious', 'garbled'], ...lines]),
    `False alarms: ${share(count(rows, isFound), rows.length)}, called garbled ${count(rows, isCalledGarbled)}`,
    ...alarms,
  ].join('\n');
}

function toldOf({ judgement }: Row): string {
  return (judgement?.told ?? [])
    .map(
      ({ by, finding, place, grave }) =>
        `${by} ${finding}${place === undefined ? '' : ` at ${place}`}${grave ? '' : '?'}`,
    )
    .slice(0, 4)
    .join('; ');
}

/** Where nothing was judged: what the damage costs, by kind. */
function harmPart(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.net,
    row.id,
    row.truth.harm,
    row.truth.loss === undefined ? '' : `×${row.truth.loss.all.value.toFixed(3)}`,
    (row.truth.loss?.thirds ?? []).map(({ value }) => `×${value.toFixed(2)}`).join(' '),
    row.truth.pictureOff === undefined ? '' : `pictures off by ${row.truth.pictureOff.toFixed(4)}`,
    row.truth.refused ?? '',
  ]);
  return `What the damage costs\n${aligned(lines)}`;
}

function halvesPart(rows: readonly Row[]): string {
  const lines: (readonly string[])[] = [];
  for (const kinds of HALVES) {
    for (const nets of HALVES) {
      const own = rows.filter((row) => row.half === kinds && row.netHalf === nets);
      lines.push([`kinds that ${kinds}, nets that ${nets}`, ...foundCells(own)]);
    }
  }
  const head = [
    'half',
    'garbling found',
    'of these called garbled',
    'grave found',
    'found, by the mean loss alone',
    'refused',
    'harmless, called',
  ];
  return `Detection\n${aligned([head, ...lines, ['all', ...foundCells(rows)]])}`;
}

function foundCells(rows: readonly Row[]): readonly string[] {
  const garbled = rows.filter(isGarbled);
  const grave = rows.filter(({ truth }) => truth.harm === 'grave');
  const average = rows.filter(({ truth }) => truth.loss !== undefined && isGarbledOnAverage(truth.loss));
  const harmless = rows.filter(({ truth }) => truth.harm === 'harmless');
  return [
    share(count(garbled, isFound), garbled.length),
    `${count(garbled, isCalledGarbled)}`,
    share(count(grave, isFound), grave.length),
    share(count(average, isFound), average.length),
    `${count(rows, ({ truth }) => truth.harm === 'refused')}`,
    `${count(harmless, isFound)} of ${harmless.length}`,
  ];
}

function kindsPart(rows: readonly Row[]): string {
  const lines = [...grouped(rows, ({ kind }) => kind)].map(([kind, own]) => {
    const garbled = own.filter(isGarbled);
    const first = own[0] as Row;
    const by = [...grouped(garbled.filter(isFound), firstTold)].map(
      ([name, some]) => `${name} ${some.length}`,
    );
    return [
      first.group,
      kind,
      first.half ?? '',
      `${own.length}`,
      `${garbled.length}`,
      `${count(garbled, isFound)}`,
      `${count(own, ({ truth }) => truth.harm === 'refused')}`,
      by.join(', '),
    ];
  });
  const head = ['group', 'kind', 'half', 'cases', 'garbling', 'found', 'refused', 'gravest evidence'];
  return `By kind\n${aligned([head, ...lines])}`;
}

function firstTold({ judgement }: Row): string {
  const told = judgement?.told ?? [];
  return (told.find(({ grave }) => grave) ?? told[0])?.by ?? '';
}

function evidencePart(rows: readonly Row[]): string {
  const garbled = rows.filter(isGarbled);
  const names = new Set(garbled.flatMap(({ judgement }) => judgement?.told.map(({ by }) => by) ?? []));
  const lines = [...names].sort().map((name) => {
    const speaks = garbled.filter((row) => says(row, name));
    const alone = speaks.filter(({ judgement }) => judgement?.told.every(({ by }) => by === name));
    const harmless = rows.filter(({ truth }) => truth.harm === 'harmless');
    return [name, `${speaks.length}`, `${alone.length}`, `${count(harmless, (row) => says(row, name))}`];
  });
  return `By evidence\n${aligned([['evidence', 'garbling', 'alone', 'harmless'], ...lines])}`;
}

function says({ judgement }: Row, name: string): boolean {
  return judgement?.told.some(({ by }) => by === name) ?? false;
}

function missesPart(rows: readonly Row[]): string {
  const lines = rows
    .filter((row) => isGarbled(row) && !isFound(row))
    .map((row) => [
      `  ${row.net}`,
      row.id,
      `${row.half}/${row.netHalf}`,
      row.truth.harm,
      `×${row.truth.loss?.all.value.toFixed(2)}`,
      (row.truth.loss?.thirds ?? []).map(({ value }) => `×${value.toFixed(2)}`).join(' '),
      row.truth.pictureOff === undefined ? '' : `pictures off by ${row.truth.pictureOff.toFixed(3)}`,
    ]);
  return `Misses: ${lines.length}; loss over all levels, and with little, middling and much noise\n${aligned(lines)}`;
}

function costPart(rows: readonly Row[]): string {
  const seconds = rows.map(({ judgement }) => judgement?.seconds ?? 0).sort((a, b) => a - b);
  const forwards = rows.map(({ judgement }) => judgement?.forwards ?? 0).sort((a, b) => a - b);
  const middle = Math.floor(rows.length / 2);
  return `Cost of a verdict: ${seconds[middle]?.toFixed(1)} s in the middle, ${seconds.at(-1)?.toFixed(1)} s at most; ${forwards[middle]} forwards`;
}
