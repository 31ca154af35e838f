import { counted } from './numbers.ts';
import type { Totals } from './report.ts';

/** `3 files: 2 sound, 1 with 4 errors, 1 warning; 0 could not be checked`. */
export function summaryLine(totals: Totals): string {
  const { files, sound, faulty, incomplete, suppressed, notes } = totals;
  const parts = [
    `${sound} sound`,
    ...(faulty > 0 ? [`${faulty} with ${countsOf(totals)}`] : notes > 0 ? [counted(notes, 'note')] : []),
    ...(suppressed > 0 ? [`${counted(suppressed, 'known finding')} not counted`] : []),
  ];
  return `${counted(files, 'file')}: ${parts.join(', ')}; ${incomplete} could not be checked`;
}

/** `4 errors, 1 warning`: what there is of each severity. */
function countsOf({ errors, warnings, notes }: Totals): string {
  const found = [
    [errors, 'error'],
    [warnings, 'warning'],
    [notes, 'note'],
  ] as const;
  return found
    .filter(([count]) => count > 0)
    .map(([count, noun]) => counted(count, noun))
    .join(', ');
}
