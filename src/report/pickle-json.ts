import type { Json } from './json.ts';
import type { PickleSummary } from './report.ts';

/** What the pickles of one record would do, as it stands in every JSON report. */
export function pickleJson(report: PickleSummary): Json {
  const { file, entry, verdict, globals, tricks, oddities, weightsOnly, broken, unread } = report;
  return {
    file,
    entry,
    verdict,
    globals: globals.map(({ module, name, judged, called, offset }) => ({
      module,
      name,
      judged,
      called,
      offset,
    })),
    tricks: tricks.map(({ kind, offset }) => ({ kind, offset })),
    oddities: oddities.map(({ kind, offset }) => ({ kind, offset })),
    weightsOnly:
      weightsOnly &&
      (weightsOnly.takes
        ? { takes: true }
        : { takes: false, reason: weightsOnly.reason, offset: weightsOnly.offset }),
    broken: broken && { offset: broken.offset, reason: broken.reason },
    unread,
  };
}
