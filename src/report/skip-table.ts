import type { Skip } from '../topology/net.ts';
import type { Extent } from '../topology/resolution.ts';
import { type Scale, type SkipSizes, unlikeSizes } from './scale.ts';
import { table, type Column, type Row } from './table.ts';
import { isSkipSound } from './u-rows.ts';
import { shown, type View } from './view.ts';

const COLUMNS: readonly Column[] = [
  { title: '  decoder block', shrinks: true },
  { title: 'takes the output of', shrinks: true },
  { title: 'below + skip', align: 'right' },
  { title: 'expects', align: 'right' },
];

/** One row a skip: who reads whom, and the sum that must come out. */
export function skipTable(skips: readonly Skip[], scale: Scale | undefined, view: View): string[] {
  const rows = skips.map((skip): Row => {
    const sound = isSkipSound(skip, scale);
    const paint = sound ? {} : { paint: view.palette.bad };
    const sizes = scale && unlikeSizes(skip, scale);
    return {
      cells: [
        { text: `${sound ? '✔' : '✘'} ${shown(skip.consumer, view)}`, ...paint },
        { text: shown(skip.producer, view), ...paint },
        { text: sumText(skip), ...paint },
        { text: String(skip.expects), ...paint },
      ],
      ...(sizes === undefined ? {} : { remark: sizesText(sizes) }),
    };
  });
  return table(COLUMNS, rows, view);
}

/** What comes together at a skip, in channels. */
export function sumText({ join, below, channels, holds }: Skip): string {
  // added tensors must be alike; concatenated ones give the sum
  if (join === 'add') return `${below}, ${channels}`;
  return `${below} + ${channels}${holds ? '' : ` = ${below + channels}`}`;
}

/** Sizes that do not go together. */
export function sizesText({ below, kept }: SkipSizes): string {
  return `${extent(below)} from below, ${extent(kept)} kept`;
}

function extent({ height, width }: Extent): string {
  return `${width}×${height}`;
}
