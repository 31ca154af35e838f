import { fails } from '../report/fails.ts';
import type { FailOn, FileReport } from '../report/report.ts';

/** What the process's exit code says. */
export const EXIT = {
  ok: 0,
  findings: 1,
  usage: 2,
  incomplete: 3,
  internal: 4,
  interrupted: 130,
} as const;

/** The table that `--help` prints. */
export const EXIT_TABLE = `Exit codes:
  0    nothing at or above --fail-on (error, unless set otherwise)
  1    findings at or above --fail-on; wins over 3
  2    wrong usage, or nothing matches what was named
  3    something could not be read or checked
  4    a failure of ungarble itself; wins over all others
  130  interrupted`;

/**
 * The exit code of a run over files. A failure of ours comes first, for then no other code can be believed;
 * findings come before what could not be checked, for they are certain.
 */
export function exitCodeOf(files: readonly FileReport[], failOn: FailOn): number {
  if (files.some(({ failure }) => failure?.kind === 'internal')) return EXIT.internal;
  if (files.some(({ findings }) => findings.some((finding) => fails(finding, failOn)))) return EXIT.findings;
  const incomplete = files.some(({ failure, unchecked }) => failure !== undefined || unchecked.length > 0);
  return incomplete ? EXIT.incomplete : EXIT.ok;
}

/** The command line asks for something that cannot be. One line, and what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Where a failure of ours came from, for `UNGARBLE_DEBUG=1`. */
export function stackOf(error: unknown): string {
  return `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
}
