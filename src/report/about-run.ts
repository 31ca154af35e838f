import { counted } from './numbers.ts';
import type { Report } from './report.ts';

/** Entries of each kind that are listed before the rest is counted. */
const MOST = 20;

/** What is to be said of a run beside its files, a sentence each. Raw. */
export function aboutRun(
  { config, excluded, shard, stale = [], unusedIgnores = [] }: Report,
  all: boolean,
): readonly string[] {
  return [
    ...(config === undefined ? [] : [`config ${config}`]),
    ...(excluded === undefined
      ? []
      : [`left out by the config: ${counted(excluded, 'file or folder', 'files and folders')}`]),
    ...(shard === undefined
      ? []
      : [`shard ${shard.index}/${shard.count} of ${counted(shard.files, 'file')}`]),
    ...listed(
      stale.map(({ path, rule, fingerprint }) => `stale in the baseline: ${path} ${rule} ${fingerprint}`),
      'more entries are stale; --update-baseline drops them',
      all,
    ),
    ...listed(
      unusedIgnores.map(({ rule, reason }) => `ignore without a finding: ${rule} (${reason})`),
      'more ignores are without a finding',
      all,
    ),
  ];
}

function listed(lines: readonly string[], rest: string, all: boolean): readonly string[] {
  if (all || lines.length <= MOST) return lines;
  return [...lines.slice(0, MOST), `${lines.length - MOST} ${rest}`];
}
