import { reporters } from '../report/index.ts';
import { totalsOf, type FailOn, type FileReport, type Report } from '../report/report.ts';
import { escapeText, truncateMiddle } from '../report/escape.ts';
import { rules } from '../rules/index.ts';
import { check } from './check.ts';
import { exitCodeOf, stackOf } from './exit.ts';
import type { Io } from './io.ts';
import type { ColorWhen, Resolution } from './options.ts';
import { findTargets, type Target } from './targets.ts';
import { isAsciiLocale, paletteFor } from './terminal.ts';
import { TOOL } from './version.ts';

export interface ValidateFlags {
  readonly format: string;
  readonly failOn: FailOn;
  readonly resolution?: Resolution;
  readonly all?: true;
  readonly color: ColorWhen;
}

/** `ungarble validate`: every rule over every model named. */
export async function validate(names: readonly string[], flags: ValidateFlags, io: Io): Promise<number> {
  const { targets, passedOver } = await findTargets(names, io.cwd);
  const files: FileReport[] = passedOver.map(({ path, reason }) => ({
    path,
    components: [],
    findings: [],
    unchecked: [{ path, reason }],
  }));
  const progress = new Progress(io, targets.length);
  for (const target of targets) {
    await progress.at(target);
    const { file, bug } = await check(target, flags.resolution);
    if (bug !== undefined && io.env['UNGARBLE_DEBUG']) await io.stderr.write(stackOf(bug));
    files.push(file);
  }
  await progress.end();
  files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const report: Report = {
    tool: TOOL,
    rules,
    files,
    totals: totalsOf(files),
    failOn: flags.failOn,
    exitCode: exitCodeOf(files, flags.failOn),
  };
  const reporter = reporters.find(({ id }) => id === flags.format);
  if (reporter === undefined) throw new Error(`no reporter ${flags.format}`);
  const view = {
    // lines for a log are left whole, so that they can be searched
    width: io.stdout.columns ?? Number.POSITIVE_INFINITY,
    palette: paletteFor(io, flags.color),
    ascii: isAsciiLocale(io),
  };
  await io.stdout.write(reporter.render(report, { all: flags.all === true, view }));
  return report.exitCode;
}

const CLEAR_LINE = '\r\u001b[K';

/** One line on a terminal that says how far the run is; nothing anywhere else. */
class Progress {
  private done = 0;
  private readonly io: Io;
  private readonly total: number;
  private readonly shown: boolean;

  constructor(io: Io, total: number) {
    this.io = io;
    this.total = total;
    this.shown = io.stderr.isTTY && total > 1;
  }

  async at({ path }: Target): Promise<void> {
    this.done += 1;
    if (!this.shown) return;
    const text = `${this.done} of ${this.total}  ${escapeText(path)}`;
    await this.io.stderr.write(CLEAR_LINE + truncateMiddle(text, (this.io.stderr.columns ?? 80) - 1));
  }

  async end(): Promise<void> {
    if (this.shown) await this.io.stderr.write(CLEAR_LINE);
  }
}
