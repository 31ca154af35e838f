import { blocksOf, type Fact, type Net } from '../topology/net.ts';
import type { Severity } from '../rules/rule.ts';
import type { FactRow } from './details.ts';
import { truncateMiddle } from './escape.ts';
import { counted, formatCount } from './numbers.ts';
import {
  countOf,
  type ComponentSummary,
  type FileReport,
  type InspectedNet,
  type Inspection,
} from './report.ts';
import { table, type Row } from './table.ts';
import { shown, type Paint, type View } from './view.ts';
import { wordFindings } from './words.ts';
import { wrap } from './wrap.ts';

/** Metadata shown before `+ n more`: what fits a screen beside the rest. */
const METADATA_LINES = 12;
const FINDING_LINES = 10;

function heading(title: string, view: View): string {
  return view.palette.strong(truncateMiddle(title, view.width));
}

/** What the net is fed, each with how it is known. */
export function conditioningSection({ component, net }: InspectedNet, view: View): string[] {
  const columns = [
    { title: '' },
    { title: '' },
    { title: 'known', shrinks: true },
    { title: 'from', shrinks: true },
  ];
  const cells = fedRows(net).map(
    ({ name, value, known, from }): Row => ({
      cells: [
        { text: name },
        { text: value, paint: view.palette.accent },
        { text: known },
        // the prefix is said above, and the names without it fit
        { text: shown(from.replaceAll(component.prefix, ''), view), paint: view.palette.faint },
      ],
    }),
  );
  return [heading('What it is fed', view), ...table(columns, cells, view)];
}

/** What a net is fed, a row each. `from` is raw. */
export function fedRows(net: Net): readonly FactRow[] {
  const { conditioning: fed } = net;
  const entry = ENTRY.get(net.dialect) ?? 'latent';
  return [
    fact(`${entry} in`, net.inChannels, '', ' channels'),
    fact(`${entry} out`, net.outChannels, '', ' channels'),
    fact('time', fed.timeEmbedDim, `${fed.timeInputDim?.value ?? '?'} → `),
    fact('text width', fed.crossAttentionDim),
    fact('text before projection', fed.encoderHidDim),
    fact('added (pooled)', fed.addedWidth),
    fact('classes', fed.classes),
    fact('guidance', fed.guidanceDim),
    ...headRows(net),
  ].filter((row) => row !== undefined);
}

/** What enters a net that was rebuilt without a grammar. */
const ENTRY: ReadonlyMap<string, string> = new Map([
  ['graph', 'graph'],
  ['widths', 'picture'],
]);

function fact(name: string, of: Fact<number> | undefined, before = '', after = ''): FactRow | undefined {
  return of && { name, value: `${before}${of.value}${after}`, known: of.known, from: of.from };
}

/** Attention heads: one row for each way in which they are known. */
function headRows(net: Net): FactRow[] {
  const ways = new Map<string, { readonly fact: Fact<number>; readonly values: Set<number> }>();
  for (const { attention } of blocksOf(net)) {
    const heads = attention?.heads;
    if (heads === undefined) continue;
    const way = ways.get(heads.known) ?? { fact: heads, values: new Set<number>() };
    way.values.add(heads.value);
    ways.set(heads.known, way);
  }
  return [...ways.values()].map(({ fact: { known, from }, values }) => ({
    name: 'attention heads',
    value: [...values].join(', '),
    known,
    from,
  }));
}

/** Everything in the file, the U-Net among it. */
export function componentsSection(components: readonly ComponentSummary[], view: View): string[] {
  if (components.length === 0) return [];
  const columns = [
    { title: 'kind', shrinks: true },
    { title: 'what', shrinks: true },
    { title: 'tensors', align: 'right' as const },
    { title: 'parameters', align: 'right' as const },
    { title: 'dtypes', shrinks: true },
  ];
  const rows = components.map(
    (component): Row => ({
      cells: [
        { text: component.kind },
        { text: shown(component.title, view) },
        { text: String(component.tensors) },
        { text: formatCount(component.parameters) },
        // how many of each is said of the whole file, above
        { text: [...component.dtypes.keys()].sort().join(' '), paint: view.palette.faint },
      ],
      remark: [whereOf(component, view), ...factTexts(component, view)].join(' · '),
    }),
  );
  return [heading('Components', view), ...table(columns, rows, view)];
}

function whereOf({ part, variant, prefix }: ComponentSummary, view: View): string {
  const named = variant === undefined ? '' : `variant ${variant}`;
  const places = [part === '' ? '' : `${part}/`, named, prefix].filter((place) => place !== '');
  return places.length === 0 ? 'no prefix' : shown(places.join(' '), view);
}

function factTexts({ facts, dialect }: ComponentSummary, view: View): string[] {
  // of a net that is drawn above, everything is said there
  if (dialect !== undefined) return [];
  return [...facts].map(([name, { value, known }]) => {
    const how = known === 'measured' ? '' : ` (${known})`;
    // why a net is no U-Net is a sentence
    const room = name === 'no_unet' ? 400 : 60;
    return `${shown(name, view, 60)} ${shown(String(value), view, room)}${how}`;
  });
}

/** Metadata of the files: what model pages and trainers write first, the rest after. */
export function metadataSection(metadata: ReadonlyMap<string, string>, view: View): string[] {
  if (metadata.size === 0) return [];
  const rank = (key: string) => (key.startsWith('modelspec.') ? 0 : key.startsWith('ss_') ? 1 : 2);
  const sorted = [...metadata].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const keyWidth = Math.max(12, Math.min(32, Math.floor(view.width / 2) - 4));
  const valueWidth = Math.max(12, Math.min(view.width, 200) - keyWidth - 4);
  const rows = sorted.slice(0, METADATA_LINES).map(
    ([key, value]): Row => ({
      cells: [
        { text: shown(key, view, keyWidth), paint: view.palette.faint },
        { text: shown(value, view, valueWidth) },
      ],
    }),
  );
  const more = sorted.length - rows.length;
  return [
    heading('Metadata', view),
    ...table(
      [
        { title: '', shrinks: true },
        { title: '', shrinks: true },
      ],
      rows,
      view,
    ),
    ...(more > 0
      ? wrap(`+ ${more} more; --json has them all`, view.width, '  ').map(view.palette.faint)
      : []),
  ];
}

/** What was there and was not looked into. */
export function uncheckedSection(file: FileReport, view: View): string[] {
  if (file.unchecked.length === 0) return [];
  return [
    heading('Not checked', view),
    ...file.unchecked.flatMap(({ path, reason }) =>
      wrap(`${shown(path, view, 120)}: ${shown(reason, view)}`, view.width, '  '),
    ),
  ];
}

/** `2 errors, 1 warning`; '' for none. */
export function severityCounts(file: Pick<FileReport, 'findings'>): string {
  const severities: readonly Severity[] = ['error', 'warning', 'note'];
  return severities
    .map((severity) => [countOf(file.findings, severity), severity] as const)
    .filter(([count]) => count > 0)
    .map(([count, severity]) => counted(count, severity))
    .join(', ');
}

/** The colour of a severity. */
export function severityPaint(severity: Severity, { palette }: View): Paint {
  return { error: palette.bad, warning: palette.warn, note: palette.accent }[severity];
}

/** One line a finding; `validate` has the details. */
export function findingsSection({ file, rules }: Inspection, view: View): string[] {
  if (file.checkpoint === undefined) return [];
  if (file.findings.length === 0) {
    if (file.checkpoint.tensors === 0) return [];
    return [
      view.palette.good(file.unchecked.length === 0 ? '✔ no findings' : '✔ no findings in what was checked'),
    ];
  }
  const lines = wordFindings(file.findings.slice(0, FINDING_LINES), rules).flatMap(({ finding, words }) => {
    const label = `${finding.severity} ${finding.rule}`;
    const wrapped = wrap(shown(words.what, view, 160), view.width, `  ${label}  `);
    return wrapped.with(0, (wrapped[0] ?? '').replace(label, severityPaint(finding.severity, view)));
  });
  const more = file.findings.length - FINDING_LINES;
  return [
    heading('Findings', view),
    ...wrap(severityCounts(file), view.width, '  ').map(view.palette.faint),
    ...lines,
    ...(more > 0 ? [`  + ${more} more`] : []),
    ...wrap(`run: ungarble validate ${shellWord(shown(file.path, view))}`, view.width, '  ').map(
      view.palette.faint,
    ),
  ];
}

/** The word as a shell would take it. */
function shellWord(word: string): string {
  const dash = word.startsWith('-') ? `./${word}` : word;
  return /^[\w./@%+=:,-]+$/.test(dash) ? dash : `'${dash.replaceAll("'", String.raw`'\''`)}'`;
}
