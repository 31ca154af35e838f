import { escapeText } from '../report/escape.ts';
import { rulePage } from '../report/rule-page.ts';
import { table } from '../report/table.ts';
import { finish, type View } from '../report/view.ts';
import { wrap } from '../report/wrap.ts';
import { rules } from '../rules/index.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import { nearest } from './nearest.ts';
import type { ColorWhen } from './options.ts';
import { isAsciiLocale, paletteFor, PIPE_WIDTH } from './terminal.ts';

/** Longer lines are hard to read. */
const WIDEST = 100;

export interface ExplainFlags {
  readonly color: ColorWhen;
}

/** `ungarble explain`: a rule's page, or the list of all rules. */
export async function explain(name: string | undefined, flags: ExplainFlags, io: Io): Promise<number> {
  const view: View = {
    width: Math.min(io.stdout.columns ?? PIPE_WIDTH, WIDEST),
    palette: paletteFor(io, flags.color),
    ascii: isAsciiLocale(io),
  };
  await io.stdout.write(name === undefined ? list(view, !io.stdout.isTTY) : page(name, view));
  return 0;
}

/** One line a rule for a pipe, so that it can be searched; two on a terminal, so that nothing is cut. */
function list(view: View, oneLine: boolean): string {
  const columns = [
    { title: 'rule' },
    { title: 'severity' },
    { title: 'name' },
    { title: oneLine ? 'says' : '' },
  ];
  const rows = rules.map(({ id, name, severity, title }) => ({
    cells: [
      { text: id, paint: view.palette.strong },
      { text: severity },
      { text: name },
      { text: oneLine ? title : '' },
    ],
    ...(oneLine ? {} : { remark: title }),
  }));
  const lines = table(columns, rows, oneLine ? { ...view, width: Number.POSITIVE_INFINITY } : view);
  return finish([...lines, '', 'ungarble explain <rule> prints its page'], view);
}

function page(name: string, view: View): string {
  const wanted = name.toLowerCase();
  const rule = rules.find(({ id, name }) => id.toLowerCase() === wanted || name === wanted);
  if (rule === undefined) {
    const near = nearest(
      wanted,
      rules.flatMap(({ id, name }) => [id, name]),
    );
    const hint =
      near.length === 0 ? 'ungarble explain lists all rules' : `did you mean ${near.join(' or ')}?`;
    throw new UsageError(`no rule ${JSON.stringify(name)}; ${hint}`);
  }
  const lines = paragraphs(escapeLines(rulePage(rule), view)).flatMap((text) => reflow(text, view));
  return finish(lines, view);
}

function escapeLines(text: string, view: View): readonly string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => escapeText(line, view.ascii));
}

/** Lines that belong together as one: a sentence broken for its source file, or an item of a list. */
function paragraphs(lines: readonly string[]): readonly string[] {
  const joined: string[] = [];
  let code = false;
  for (const line of lines) {
    const last = joined.at(-1) ?? '';
    const starts =
      code ||
      line === '' ||
      last === '' ||
      /^(?:#|\||- |\d+\. |```| {4})/.test(line) ||
      /^(?:#|\||```)/.test(last);
    if (starts) joined.push(line);
    else joined[joined.length - 1] = `${last} ${line.trim()}`;
    if (line.startsWith('```')) code = !code;
  }
  return joined;
}

function reflow(text: string, view: View): string[] {
  if (text.startsWith('#')) return wrap(text, view.width).map(view.palette.strong);
  if (/^(?:\||```| {4})/.test(text)) return [text];
  const mark = /^(?:- |\d+\. )/.exec(text)?.[0] ?? '';
  return wrap(text.slice(mark.length), view.width, mark);
}
