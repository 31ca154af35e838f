import { displayWidth, padEnd, padStart, truncateMiddle } from './escape.ts';
import type { Paint, View } from './view.ts';
import { wrap } from './wrap.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be cut in the middle when the table is too wide. */
  readonly shrinks?: boolean;
}

/** Escaped text and what colour it takes. */
interface Cell {
  readonly text: string;
  readonly paint?: Paint;
}

const INDENT = '  ';
const GAP = '  ';
const NARROWEST = 12;

/** One row, and a remark that stands below it over the whole width. */
export interface Row {
  readonly cells: readonly Cell[];
  readonly remark?: string;
}

/** An aligned table, cut to the view's width; where that would leave nothing readable, one list per row. */
export function table(columns: readonly Column[], rows: readonly Row[], view: View): string[] {
  const titled = columns.some((column) => column.title !== '');
  const widths = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...rows.map(({ cells }) => displayWidth(cells[index]?.text ?? ''))),
  );
  if (!shrink(columns, widths, view.width)) return lists(columns, rows, view);
  const cell = (text: string, index: number): string => {
    const width = widths[index] ?? 0;
    const cut = truncateMiddle(text, width);
    return columns[index]?.align === 'right' ? padStart(cut, width) : padEnd(cut, width);
  };
  const head = columns.map((column, index) => cell(column.title, index)).join(GAP);
  const body = rows.flatMap((row) => [
    INDENT + row.cells.map(({ text, paint }, index) => (paint ?? plain)(cell(text, index))).join(GAP),
    ...remark(row, view),
  ]);
  return [...(titled ? [INDENT + view.palette.faint(head)] : []), ...body];
}

function remark({ remark: text }: Row, view: View): string[] {
  if (text === undefined || text === '') return [];
  return wrap(text, view.width, INDENT + INDENT).map(view.palette.faint);
}

function plain(text: string): string {
  return text;
}

/** Takes columns from the widest shrinking one until the table fits; false when it cannot. */
function shrink(columns: readonly Column[], widths: number[], width: number): boolean {
  const total = () => widths.reduce((sum, one) => sum + one + GAP.length, INDENT.length - GAP.length);
  while (total() > width) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const candidate = widths[index] ?? 0;
      if (column.shrinks && candidate > NARROWEST && candidate > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) return false;
    const spare = (widths[widest] ?? 0) - NARROWEST;
    widths[widest] = (widths[widest] ?? 0) - Math.max(1, Math.min(spare, total() - width, 4));
  }
  return true;
}

function lists(columns: readonly Column[], rows: readonly Row[], view: View): string[] {
  return rows.flatMap((row) => {
    const [first, ...rest] = row.cells;
    if (first === undefined) return [];
    const said = rest
      .flatMap(({ text }, index) => (text === '' ? [] : [[columns[index + 1]?.title, text]]))
      .map((parts) => parts.filter((part) => part).join(' '));
    return [
      INDENT + (first.paint ?? plain)(truncateMiddle(first.text, view.width - INDENT.length)),
      ...(said.length > 0 ? wrap(said.join(' · '), view.width, INDENT + INDENT) : []),
      ...remark(row, view),
    ];
  });
}
