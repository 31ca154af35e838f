import type { DrawnNet, DrawnRow, DrawnSkip, DrawnU } from './details.ts';
import { html, type Markup, plainName } from './html-markup.ts';
import { counted } from './numbers.ts';
import { sizesText } from './skip-table.ts';
import type { UCell, UStage } from './u-rows.ts';

// All in units of the drawing, which is about as wide as a phone.
const WIDTH = 480;
const MARGIN = 6;
const COLUMN = 140;
const BOX = 22;
const PITCH = 29;
const HEAD = 34;
/** Each level stands so far inside the one above, as long as there is room for the skips between. */
const INSET = 14;
const MOST_INSET = 56;

/** A taller drawing than this tells nobody anything. */
const MOST_BOXES = 240;

/** One block in a box. */
interface Part {
  readonly kind: 'conv' | 'resnet' | 'transformer' | 'attention' | 'sampler';
  readonly label: string;
  readonly faulty: boolean;
}

/** A box of a column: blocks that follow each other. */
interface Item {
  readonly blocks: readonly string[];
  readonly parts: readonly Part[];
}

/** A box with its place. */
interface Placed extends Item {
  readonly x: number;
  readonly y: number;
}

interface Level {
  readonly row: DrawnRow;
  readonly top: number;
  readonly inset: number;
  /** From the top down, as data flows. */
  readonly encoder: readonly Placed[];
  /** From the top down, against the flow. */
  readonly decoder: readonly Placed[];
}

/**
 * The U as a drawing: encoder down the left side, middle below, decoder up the right side, each skip a line across.
 * Undefined where there are more blocks than can be told apart.
 * @param id of the drawing, for its text alternative; unique in the page
 */
export function drawUSvg(net: DrawnNet, id: string): Markup | undefined {
  const { u } = net;
  const boxes = u.rows.flatMap((row) => [...encoderItems(row, u), ...decoderItems(row)]);
  if (boxes.length > MOST_BOXES || boxes.length === 0) return undefined;
  const levels = layOut(u);
  const bottom = levels.reduce((most, { top, row }) => Math.max(most, top + heightOf(row, u)), 0);
  const height = bottom + PITCH + BOX + MARGIN * 2;
  return html`<svg class="u" role="img" viewBox="0 0 ${WIDTH} ${height}" aria-labelledby="${id}-t ${id}-d">
<title id="${id}-t">The U of ${plainName(net.family.title, 80)}</title>
<desc id="${id}-d">${describeU(net)}</desc>
${flow(levels, bottom)}
${skipLines(net.skips, levels)}
${levels.map(({ row, top }) => levelLabel(row, top))}
${levels.map(({ encoder, decoder }) => [...encoder, ...decoder].map(boxMarkup))}
${middleBox(u, bottom)}
</svg>
`;
}

function layOut(u: DrawnU): readonly Level[] {
  const step = Math.min(INSET, MOST_INSET / Math.max(1, u.rows.length - 1));
  let top = MARGIN;
  return u.rows.map((row, index): Level => {
    const inset = Math.round(step * index);
    const left = encoderItems(row, u);
    const right = decoderItems(row).toReversed();
    const bottom = top + heightOf(row, u);
    const exit = exitItem(row, u);
    const rightX = WIDTH - MARGIN - COLUMN - inset;
    const level: Level = {
      row,
      top,
      inset,
      encoder: stacked(left, MARGIN + inset, bottom),
      decoder: [
        ...(exit === undefined ? [] : [{ ...exit, x: rightX, y: top + HEAD - PITCH }]),
        ...stacked(right, rightX, bottom),
      ],
    };
    top = bottom;
    return level;
  });
}

/** Boxes one below the other, the last above `bottom`: there both sides of a level meet the next. */
function stacked(items: readonly Item[], x: number, bottom: number): readonly Placed[] {
  return items.map((item, index) => ({ ...item, x, y: bottom - (items.length - index) * PITCH }));
}

function heightOf(row: DrawnRow, u: DrawnU): number {
  return HEAD + PITCH * Math.max(encoderItems(row, u).length, decoderItems(row).length);
}

function encoderItems(row: DrawnRow, u: DrawnU): readonly Item[] {
  const { entry, entryBlock } = row;
  const cells = (row.encoder?.cells ?? []).map(cellItem);
  if (entryBlock === undefined || entry === 'none') return cells;
  const label = entry === 'conv' ? 'conv in' : '↓ downsample';
  return [single(entryBlock, entry === 'conv' ? 'conv' : 'sampler', label, u), ...cells];
}

function decoderItems(row: DrawnRow): readonly Item[] {
  return (row.decoder?.cells ?? []).map(cellItem);
}

function exitItem({ exit, exitBlock }: DrawnRow, u: DrawnU): Item | undefined {
  if (exitBlock === undefined || exit === 'none') return undefined;
  return exit === 'conv'
    ? single(exitBlock, 'conv', 'conv out', u)
    : single(exitBlock, 'sampler', '↑ upsample', u);
}

function single(block: string, kind: Part['kind'], label: string, u: DrawnU): Item {
  return { blocks: [block], parts: [{ kind, label, faulty: u.faulty.includes(block) }] };
}

function cellItem(cell: UCell): Item {
  const { blocks, resnet, conv, attention, depth, faulty } = cell;
  const parts: Part[] = [];
  if (resnet || conv === true) {
    const kind = conv === true ? 'conv' : 'resnet';
    parts.push({ kind, label: conv === true ? 'layer' : 'resnet', faulty: faulty.includes('resnet') });
  }
  if (attention !== undefined) {
    const label = depth > 1 ? `${attention} ×${depth}` : attention;
    parts.push({ kind: attention, label, faulty: faulty.includes('attention') });
  }
  return { blocks, parts };
}

function boxMarkup(item: Placed): Markup {
  return html`<g><title>${item.blocks.map((block, index) => [index > 0 ? ', ' : '', plainName(block, 80)])}</title>${partMarkup(item, COLUMN)}</g>
`;
}

/** The parts side by side; a resnet before an attention is the smaller one, for its word is. */
function partMarkup({ parts, x, y }: Pick<Placed, 'parts' | 'x' | 'y'>, width: number): readonly Markup[] {
  const texts = parts.map(({ label, faulty }) => (faulty ? `✘ ${label}` : label));
  const letters = texts.reduce((sum, text) => sum + text.length + 2, 0);
  let at = x;
  return parts.map(({ kind, faulty }, index) => {
    const text = texts[index] ?? '';
    const isLast = index === parts.length - 1;
    const own = isLast ? x + width - at : Math.round((width * (text.length + 2)) / letters) - 2;
    const left = at;
    at += own + 2;
    return html`<rect class="${faulty ? 'broken' : kind}" x="${left}" y="${y}" width="${own}" height="${BOX}" rx="4"/><text class="${faulty ? 'on-broken' : 'on'}" x="${left + own / 2}" y="${y + BOX / 2 + 3.5}">${text}</text>`;
  });
}

function levelLabel(row: DrawnRow, top: number): Markup {
  const { size, divisor, channels } = row;
  const other =
    row.decoder !== undefined && row.decoder.channels !== channels ? `, ${row.decoder.channels}` : '';
  const at =
    size === undefined ? (divisor === 1 ? 'full size' : `1/${divisor}`) : `${size.width}×${size.height}`;
  return html`<text class="level" x="${WIDTH / 2}" y="${top + HEAD - PITCH / 2 - 1}">${at} · ${channels}${other} wide</text>
`;
}

/** The way of the latent: a line behind the boxes, down, through the middle and up again. */
function flow(levels: readonly Level[], bottom: number): Markup {
  const half = COLUMN / 2;
  const down = levels.flatMap(({ encoder }) => encoder.map(({ x, y }) => `${x + half} ${y + BOX / 2}`));
  const up = levels
    .toReversed()
    .flatMap(({ decoder }) => decoder.toReversed().map(({ x, y }) => `${x + half} ${y + BOX / 2}`));
  const turn = bottom + PITCH / 2 + BOX / 2 + 4;
  const last = levels.at(-1)?.inset ?? 0;
  const corners = [`${MARGIN + last + half} ${turn}`, `${WIDTH - MARGIN - last - half} ${turn}`];
  return html`<polyline class="flow" points="${[...down, ...corners, ...up].join(' ')}"/>`;
}

function skipLines(skips: readonly DrawnSkip[], levels: readonly Level[]): readonly Markup[] {
  const place = new Map<string, Placed>();
  for (const { encoder, decoder } of levels) {
    for (const item of [...encoder, ...decoder]) for (const block of item.blocks) place.set(block, item);
  }
  return skips.flatMap((skip) => {
    const from = place.get(skip.producer);
    const to = place.get(skip.consumer);
    return from === undefined || to === undefined ? [] : [skipLine(skip, from, to)];
  });
}

function skipLine(skip: DrawnSkip, from: Placed, to: Placed): Markup {
  const leftwards = from.x > to.x;
  const x1 = leftwards ? from.x : from.x + COLUMN;
  const x2 = (leftwards ? to.x + COLUMN : to.x) - (leftwards ? -4 : 4);
  const y1 = from.y + BOX / 2;
  const y2 = to.y + BOX / 2;
  const label = `${skip.sound ? '' : '✘ '}${skip.channels}`;
  const width = label.length * 6.4 + 8;
  const middle = { x: (x1 + x2) / 2, y: (y1 + y2) / 2 };
  const kind = skip.sound ? 'skip' : 'skip unfit';
  const sizes = skip.sizes === undefined ? '' : `; ${sizesText(skip.sizes)}`;
  return html`<g class="${kind}"><title>${plainName(skip.producer, 80)} to ${plainName(skip.consumer, 80)}: ${skip.below} + ${skip.channels} channels, ${skip.expects} expected${sizes}</title><line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/><path d="${arrowHead(x2, y2, leftwards)}"/><rect x="${middle.x - width / 2}" y="${middle.y - 8}" width="${width}" height="16"/><text x="${middle.x}" y="${middle.y + 3.5}">${label}</text></g>
`;
}

function arrowHead(x: number, y: number, leftwards: boolean): string {
  const back = leftwards ? 7 : -7;
  return `M${x} ${y}l${back} -3.5v7z`;
}

function middleBox(u: DrawnU, bottom: number): Markup {
  const y = bottom + PITCH / 2 + 4;
  const { middle } = u;
  if (middle === undefined) {
    return html`<text class="level" x="${WIDTH / 2}" y="${y + BOX / 2 - 6}">no middle block</text>`;
  }
  const parts = middle.cells.flatMap((cell) => cellItem(cell).parts);
  const width = Math.min(
    WIDTH - 2 * MARGIN,
    parts.reduce((sum, { label }) => sum + label.length * 6 + 18, 0),
  );
  const blocks = middle.cells.flatMap((cell) => cell.blocks);
  return html`<text class="level" x="${WIDTH / 2}" y="${y - 7}">middle · ${middle.channels} wide</text><g><title>${blocks.map((block, index) => [index > 0 ? ', ' : '', plainName(block, 80)])}</title>${partMarkup({ parts, x: (WIDTH - width) / 2, y }, width)}</g>`;
}

/** The drawing in sentences. */
function describeU({ u, skips }: DrawnNet): string {
  const levels = u.rows.map((row, index) => {
    const size =
      row.size === undefined ? `1/${row.divisor} of the size` : `${row.size.width}×${row.size.height}`;
    return `Level ${index + 1}, ${row.channels} channels at ${size}: encoder ${cellsText(row.encoder)}; decoder ${cellsText(row.decoder)}.`;
  });
  const middle =
    u.middle === undefined
      ? 'No middle block.'
      : `Middle, ${u.middle.channels} channels: ${cellsText(u.middle)}.`;
  const unfit = skips.filter(({ sound }) => !sound).length;
  const held = unfit === 0 ? 'All hold.' : `${unfit} of them ${unfit === 1 ? 'does' : 'do'} not fit.`;
  const broken = u.faulty.length === 0 ? '' : ` Broken: ${u.faulty.slice(0, 20).join(', ')}.`;
  return `${[...levels, middle].join(' ')} ${counted(skips.length, 'skip connection')} across. ${skips.length === 0 ? '' : held}${broken}`;
}

function cellsText(stage: UStage | undefined): string {
  const words = (stage?.cells ?? []).map((cell) =>
    cellItem(cell)
      .parts.map(({ label }) => label)
      .join(' with '),
  );
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return (
    [...counts].map(([word, count]) => (count > 1 ? `${count} × ${word}` : word)).join(', ') || 'nothing'
  );
}
