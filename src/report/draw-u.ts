import { padEnd, padStart } from './escape.ts';
import type { U, UCell, URow, UStage } from './u-rows.ts';
import type { Paint, View } from './view.ts';

/** Wider than this a U is not easier to read, only emptier. */
const WIDEST = 88;
const INDENT = '  ';
const ENTRY = { conv: '◇', downsample: '↓', none: '│' } as const;
const EXIT = { conv: '◇', upsample: '↑', none: '│' } as const;

/** How much of the picture is spelled out; the first that fits is taken. */
interface Manner {
  /** `■◆ ■◆` one by one, or `2×■◆`. */
  readonly each: boolean;
  /** Stage names beside their rows. */
  readonly names: boolean;
  /** Skip widths one by one, or `2×1280`. */
  readonly skips: boolean;
}

const MANNERS: readonly Manner[] = [
  { each: true, names: true, skips: true },
  { each: false, names: true, skips: true },
  { each: true, names: false, skips: true },
  { each: false, names: false, skips: true },
  { each: false, names: false, skips: false },
];

/** A piece of a line and its colour; colours never count towards a width. */
interface Piece {
  readonly text: string;
  readonly paint?: Paint;
}

/** Everything of one row as text, before it is laid out in columns. */
interface RowText {
  readonly size: string;
  readonly channels: string;
  readonly left: string;
  readonly encoder: string;
  readonly skips: readonly (Piece & { readonly sound: boolean })[];
  readonly decoder: string;
  readonly right: string;
  readonly row: URow;
}

/**
 * Draws the U: encoder left, decoder right, one row a level, skips crossing between, the middle joining both
 * below. Falls back to a list where no picture fits.
 */
export function drawU(u: U, view: View): string[] {
  const cells = u.rows.flatMap((row) => [row.encoder, row.decoder]).flatMap((stage) => stage?.cells ?? []);
  const cellWidth = Math.max(0, ...cells.map((cell) => cellText(cell).length));
  for (const manner of MANNERS) {
    const rows = u.rows.map((row) => rowText(row, manner, cellWidth));
    const columns = measure(rows);
    if (columns.total <= Math.min(view.width, WIDEST)) return picture(u, rows, columns, view);
  }
  return list(u, view);
}

/** What the glyphs of the picture mean; only those that occur. */
export function legend(u: U): string {
  const cells = [...u.rows.flatMap((row) => [row.encoder, row.decoder]), u.middle].flatMap(
    (stage) => stage?.cells ?? [],
  );
  const skips = u.rows.flatMap((row) => row.skips);
  const deep = cells.find((cell) => cell.depth > 1);
  const meanings = [
    cells.some((cell) => cell.resnet) && '■ resnet',
    cells.some((cell) => cell.conv === true) && '□ layer',
    cells.some((cell) => cell.attention === 'transformer') && '◆ transformer',
    cells.some((cell) => cell.attention === 'attention') && '● attention',
    deep && `${attentionGlyph(deep)}N N blocks deep`,
    '◇ conv in, out',
    u.rows.some((row) => row.entry === 'downsample') && '↓ ↑ samplers',
    (skips.some((skip) => !skip.sound) || cells.some((cell) => cell.faulty.length > 0)) && '✘ does not fit',
    skips.some((skip) => skip.slanted) && '* from another level',
  ];
  return meanings.filter((meaning) => typeof meaning === 'string').join(' · ');
}

function attentionGlyph(cell: UCell): string {
  if (cell.attention === undefined) return '';
  return cell.attention === 'transformer' ? '◆' : '●';
}

function cellText(cell: UCell): string {
  const depth = cell.depth > 1 ? String(cell.depth) : '';
  const resnet = cell.faulty.includes('resnet') ? '✘' : cell.conv === true ? '□' : '■';
  const attention = cell.faulty.includes('attention') ? '✘' : attentionGlyph(cell);
  return `${cell.resnet || cell.conv === true ? resnet : ''}${attention}${depth}`;
}

/** The cells of a stage one by one, each as wide as the widest of the picture, or equal ones counted. */
function cellsText(stage: UStage | undefined, each: boolean, cellWidth: number): string {
  const cells = (stage?.cells ?? []).map(cellText);
  if (each)
    return cells
      .map((cell) => padEnd(cell, cellWidth))
      .join(' ')
      .trimEnd();
  return grouped(cells);
}

function grouped(texts: readonly string[]): string {
  return runs(texts)
    .map(({ text, count }) => (count > 1 ? `${count}×${text}` : text))
    .join(' ');
}

function runs(texts: readonly string[]): { readonly text: string; count: number }[] {
  const found: { readonly text: string; count: number }[] = [];
  for (const text of texts) {
    const last = found.at(-1);
    if (last?.text === text) last.count += 1;
    else found.push({ text, count: 1 });
  }
  return found;
}

/** `down_blocks.1` as `down.1`. */
function shortName(stage: UStage | undefined): string {
  return stage?.id.replace('_blocks.', '.').replace('_block', '') ?? '';
}

function sizeText(row: URow): string {
  return row.size === undefined ? `1/${row.divisor}` : `${row.size.width}×${row.size.height}`;
}

function rowText(row: URow, manner: Manner, cellWidth: number): RowText {
  const marked = row.skips.map(({ channels, sound, slanted }) => ({
    text: `${sound ? '' : '✘'}${channels}${slanted ? '*' : ''}`,
    sound,
  }));
  const skips = manner.skips
    ? marked
    : runs(marked.map(({ text }) => text)).map(({ text, count }) => ({
        text: count > 1 ? `${count}×${text}` : text,
        sound: !text.includes('✘'),
      }));
  const other = row.decoder !== undefined && row.decoder.channels !== row.channels;
  return {
    size: sizeText(row),
    channels: String(row.channels),
    left: manner.names ? shortName(row.encoder) : '',
    encoder: cellsText(row.encoder, manner.each, cellWidth),
    skips,
    decoder: cellsText(row.decoder, manner.each, cellWidth),
    right: `${manner.names ? shortName(row.decoder) : ''}${other ? ` ${row.decoder?.channels}` : ''}`.trim(),
    row,
  };
}

interface Columns {
  readonly size: number;
  readonly channels: number;
  readonly left: number;
  readonly encoder: number;
  /** Width of each skip, by its place in the order. */
  readonly skips: readonly number[];
  readonly decoder: number;
  readonly right: number;
  /** Columns of the dashed middle, at least. */
  readonly middle: number;
  readonly total: number;
}

const SIZE_TITLE = 'size';
const WIDTH_TITLE = 'width';

function measure(rows: readonly RowText[]): Columns {
  const widest = (of: (row: RowText) => string) => Math.max(0, ...rows.map((row) => of(row).length));
  const places = Math.max(0, ...rows.map((row) => row.skips.length));
  const skips = Array.from({ length: places }, (_, place) => widest((row) => row.skips[place]?.text ?? ''));
  const columns = {
    size: Math.max(
      SIZE_TITLE.length,
      widest((row) => row.size),
    ),
    channels: Math.max(
      WIDTH_TITLE.length,
      widest((row) => row.channels),
    ),
    left: widest((row) => row.left),
    encoder: widest((row) => row.encoder),
    skips,
    decoder: widest((row) => row.decoder),
    right: widest((row) => row.right),
    // `╌╌ 320 ╌ 320 ╌╌▶`
    middle: skips.reduce((sum, width) => sum + width + 3, 0) + 4,
  };
  const before = INDENT.length + columns.size + 2 + columns.channels + 2 + named(columns.left);
  const u = 2 + columns.encoder + 1 + columns.middle + 1 + columns.decoder + 2;
  const total = before + u + named(columns.right);
  return { ...columns, total };
}

/** Columns that a name takes with the space beside it. */
function named(width: number): number {
  return width > 0 ? width + 2 : 0;
}

function picture(u: U, rows: readonly RowText[], columns: Columns, view: View): string[] {
  const { palette } = view;
  const room = Math.min(view.width, WIDEST) - columns.total;
  // some air, yet not a desert: dashes beyond this carry the eye no better
  const dashes = columns.middle + Math.min(room, 18);
  const margin = INDENT.length + columns.size + 2 + columns.channels + 2 + named(columns.left);
  const inner = columns.encoder + 1 + dashes + 1 + columns.decoder;

  const head =
    `${INDENT}${padStart(SIZE_TITLE, columns.size)}  ${padStart(WIDTH_TITLE, columns.channels)}`.padEnd(
      margin,
    ) + titles(inner + 4, columns, dashes);
  const body = rows.map((text) => {
    const { row } = text;
    const middle = text.row.skips.length > 0 ? crossing(text, columns, dashes, view) : ' '.repeat(dashes);
    return [
      INDENT,
      padStart(text.size, columns.size),
      '  ',
      palette.accent(padStart(text.channels, columns.channels)),
      '  ',
      columns.left > 0 ? `${palette.faint(padEnd(text.left, columns.left))}  ` : '',
      ENTRY[row.entry],
      ' ',
      paintFaults(padEnd(text.encoder, columns.encoder), view),
      ' ',
      middle,
      ' ',
      paintFaults(padEnd(text.decoder, columns.decoder), view),
      ' ',
      EXIT[row.exit],
      text.right === '' ? '' : `  ${palette.faint(text.right)}`,
    ].join('');
  });
  return [palette.faint(head), ...body, ' '.repeat(margin) + bottom(u, inner + 2, view)];
}

/** What stands over the columns, from the entry's column to the exit's. */
function titles(width: number, columns: Columns, dashes: number): string {
  const afterEncoder = columns.encoder + 3;
  const decoder = Math.min(afterEncoder + dashes + 1, width - 'decoder'.length);
  const skips = afterEncoder + Math.floor((dashes - 'skips'.length) / 2);
  const line = skips > 'encoder '.length ? padEnd(padEnd('encoder', skips) + 'skips', decoder) : 'encoder';
  return `${padEnd(line, decoder)}decoder`;
}

/** `╌╌╌ 320 ╌╌ 320 ╌╌▶`, each width in the column of its place, a failing one marked on the dash itself. */
function crossing(text: RowText, columns: Columns, dashes: number, view: View): string {
  const { palette } = view;
  const spare = dashes - columns.middle;
  const lead = 1 + Math.floor(spare / 2);
  const pieces: string[] = [palette.faint('╌'.repeat(lead))];
  let used = lead;
  for (const [place, width] of columns.skips.entries()) {
    const skip = text.skips[place];
    const cell = skip === undefined ? '' : ` ${skip.text} `;
    const fill = '╌'.repeat(width + 3 - cell.length);
    pieces.push(palette.faint(fill), skip?.sound === false ? palette.bad(cell) : cell);
    used += width + 3;
  }
  pieces.push(palette.faint('╌'.repeat(dashes - used - 1)), '▶');
  return pieces.join('');
}

function paintFaults(text: string, view: View): string {
  return text.includes('✘') ? view.palette.bad(text) : text;
}

function bottom(u: U, inner: number, view: View): string {
  const cells = (u.middle?.cells ?? []).map(cellText).join(' ');
  const label = u.middle === undefined ? ' no middle block ' : ` ${cells} mid ${u.middle.channels} `;
  const left = Math.max(0, Math.floor((inner - label.length) / 2));
  const right = Math.max(0, inner - label.length - left);
  return `╰${'─'.repeat(left)}${paintFaults(label, view)}${'─'.repeat(right)}╯`;
}

/** The U without a picture, for a very narrow terminal. */
function list(u: U, view: View): string[] {
  const lines = u.rows.flatMap((row) => {
    const text = rowText(row, { each: false, names: false, skips: false }, 0);
    const skips = text.skips.map((skip) => (skip.sound ? skip.text : view.palette.bad(skip.text)));
    return [
      `${INDENT}${text.size}  ${view.palette.accent(text.channels)}`,
      `${INDENT}  ${ENTRY[row.entry]} ${paintFaults(text.encoder, view)}`,
      ...(skips.length > 0 ? [`${INDENT}  skips ${skips.join(' ')}`] : []),
      `${INDENT}  ${paintFaults(text.decoder, view)} ${EXIT[row.exit]}`,
    ];
  });
  const middle =
    u.middle === undefined
      ? 'no middle block'
      : `mid ${u.middle.channels}  ${u.middle.cells.map(cellText).join(' ')}`;
  return [...lines, INDENT + middle];
}
