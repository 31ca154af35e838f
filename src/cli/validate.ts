import { resolve } from 'node:path';
import { totalsOf, type FailOn, type FileReport, type Report } from '../report/report.ts';
import { escapeText, truncateMiddle } from '../report/escape.ts';
import { rules } from '../rules/index.ts';
import { readAllAgainst } from './against.ts';
import { check } from './check.ts';
import { exitCodeOf, stackOf } from './exit.ts';
import type { Io } from './io.ts';
import type { Resolution } from './options.ts';
import { openOutputs, type OutputFlags, writeOutputs } from './outputs.ts';
import { findTargets, type Target } from './targets.ts';
import { TOOL } from './version.ts';

export interface ValidateFlags extends OutputFlags {
  readonly failOn: FailOn;
  readonly resolution?: Resolution;
  readonly values?: true;
  readonly smoke?: true;
  readonly against?: readonly string[];
}

/** `ungarble validate`: every rule over every model named. */
export async function validate(names: readonly string[], flags: ValidateFlags, io: Io): Promise<number> {
  const against = await readAllAgainst(flags.against ?? [], io.cwd);
  const openRemote = async () => (await import('./remote.ts')).openRemote(io);
  const { targets, passedOver } = await findTargets(names, io.cwd, openRemote);
  const models = new Set(targets.map(({ path }) => resolve(io.cwd, path)));
  const outputs = await openOutputs(flags, io, models);
  const files: FileReport[] = passedOver.map(({ path, reason }) => ({
    path,
    components: [],
    findings: [],
    unchecked: [{ path, reason }],
  }));
  const progress = new Progress(io, targets.length, flags.values === true || flags.smoke === true);
  for (const target of targets) {
    await progress.at(target);
    const { file, bug } = await check(target, {
      parse: io.parse,
      against,
      ...(flags.resolution === undefined ? {} : { resolution: flags.resolution }),
      ...(flags.smoke === true
        ? {
            run: async (one, found) =>
              (await import('./run-net.ts')).runNet(one, found, io, (what) => progress.doing(what)),
          }
        : {}),
      ...(flags.values === true ? { values: (what, share) => progress.within(what, share) } : {}),
    });
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
    ...(flags.against === undefined
      ? {}
      : { against: [...against.setups, ...against.locks.map(({ setup }) => setup)] }),
  };
  await writeOutputs(report, outputs, flags, io);
  return report.exitCode;
}

const CLEAR_LINE = '\r\u001b[K';

/** One line on a terminal that says how far the run is; nothing anywhere else. */
class Progress {
  private done = 0;
  private text = '';
  private percent = -1;
  private readonly io: Io;
  private readonly total: number;
  private readonly shown: boolean;

  constructor(io: Io, total: number, slow: boolean) {
    this.io = io;
    this.total = total;
    this.shown = io.stderr.isTTY && (total > 1 || slow);
  }

  async at({ path }: Target): Promise<void> {
    this.done += 1;
    this.text = `${this.total > 1 ? `${this.done} of ${this.total}  ` : ''}${escapeText(path)}`;
    this.percent = -1;
    if (this.shown) await this.show(this.text);
  }

  /** Says how far the work on the target is; each percent once. */
  within(what: string, share: number): void {
    const percent = Math.floor(100 * share);
    if (!this.shown || percent === this.percent) return;
    this.percent = percent;
    // nothing waits for the terminal
    void this.show(`${this.text}  ${what} ${percent} %`);
  }

  /** Says what is being done to the target. */
  doing(what: string): void {
    if (this.shown) void this.show(`${this.text}  ${escapeText(what)}`);
  }

  async end(): Promise<void> {
    if (this.shown) await this.io.stderr.write(CLEAR_LINE);
  }

  private async show(text: string): Promise<void> {
    await this.io.stderr.write(CLEAR_LINE + truncateMiddle(text, (this.io.stderr.columns ?? 80) - 1));
  }
}
