/** Where reports go: several formats at once, one of them to stdout, the others to files. */
import { appendFile, lstat, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { reporters, type Reporter } from '../report/index.ts';
import type { Report } from '../report/report.ts';
import { PLAIN_VIEW, type View } from '../report/view.ts';
import { UsageError } from './exit.ts';
import type { Io } from './io.ts';
import type { ColorWhen } from './options.ts';
import { writeWhole } from './output.ts';
import { isAsciiLocale, paletteFor } from './terminal.ts';

/** One report of a run. */
interface Output {
  readonly reporter: Reporter;
  /** As it was named; stdout where absent. */
  readonly file?: string;
}

/** How reports are asked for on the command line. */
export interface OutputFlags {
  /** `text`, or `sarif=report.sarif` for a file. */
  readonly format?: readonly string[];
  readonly all?: true;
  readonly color: ColorWhen;
}

/** Adds a `--format` to those before it. @throws {UsageError} for one that there is not. */
export function addFormat(given: string, before: readonly string[] = []): readonly string[] {
  const [id = '', file] = split(given);
  if (!reporters.some((reporter) => reporter.id === id)) {
    throw new UsageError(
      `no format ${JSON.stringify(id)}; there are ${reporters.map((one) => one.id).join(', ')}`,
    );
  }
  if (file === '') throw new UsageError(`--format ${given} names no file after =`);
  return [...before, given];
}

function split(given: string): readonly [string, string | undefined] {
  const mark = given.indexOf('=');
  return mark === -1 ? [given, undefined] : [given.slice(0, mark), given.slice(mark + 1)];
}

/**
 * The reports of a run, held against the machine before hours of work, not after them.
 * Without any asked for: annotations in a GitHub workflow, text elsewhere.
 * @param models paths that must not be written over, absolute
 * @throws {UsageError} when two go to stdout or to one file, a folder is not there, or a model, a link or a device would be
 * written over.
 */
export async function openOutputs(
  { format }: OutputFlags,
  io: Pick<Io, 'cwd' | 'env'>,
  models: ReadonlySet<string>,
): Promise<readonly Output[]> {
  const given = format ?? [io.env['GITHUB_ACTIONS'] === 'true' ? 'github' : 'text'];
  const outputs = given.map((one): Output => {
    const [id, file] = split(one);
    const reporter = reporters.find((each) => each.id === id);
    if (reporter === undefined) throw new Error(`no reporter ${id}`);
    return file === undefined ? { reporter } : { reporter, file };
  });
  const places = outputs.map(({ file }) => (file === undefined ? '' : resolve(io.cwd, file)));
  if (new Set(places).size < places.length) {
    throw new UsageError(
      'two reports to one place: --format text --format sarif=report.sarif writes one to a file',
    );
  }
  for (const [index, place] of places.entries()) {
    if (place === '') continue;
    const name = outputs[index]?.file ?? '';
    if (models.has(place)) throw new UsageError(`${name} is one of the models to be checked`);
    const folder = await stat(dirname(place)).catch(() => undefined);
    if (folder?.isDirectory() !== true) throw new UsageError(`${name}: there is no such folder`);
    // a report takes the place of what is there, which must never be /dev/stdout
    const there = await lstat(place).catch(() => undefined);
    if (there?.isFile() === false) {
      throw new UsageError(`${name} is no file that a report can replace; one without =FILE goes to stdout`);
    }
  }
  return outputs;
}

/** Removes what an earlier run left: where a shard is killed, its old report would be taken for that of this run. */
export async function removeOutputs(outputs: readonly Output[], cwd: string): Promise<void> {
  // what cannot be removed cannot be written either, and is told then
  for (const { file } of outputs) if (file !== undefined) await rm(resolve(cwd, file)).catch(() => {});
}

/** Writes every report. One that stood there from an earlier run is replaced, whole. @throws {WriteError} */
export async function writeOutputs(
  report: Report,
  outputs: readonly Output[],
  flags: OutputFlags,
  io: Io,
): Promise<void> {
  const all = flags.all === true;
  const view: View = {
    // lines for a log are left whole, so that they can be searched
    width: io.stdout.columns ?? Number.POSITIVE_INFINITY,
    palette: paletteFor(io, flags.color),
    ascii: isAsciiLocale(io),
  };
  for (const { reporter, file } of outputs) {
    const render = await reporter.load();
    if (file === undefined) await io.stdout.write(render(report, { all, view }));
    else {
      const text = render(report, { all, view: PLAIN_VIEW });
      await writeWhole(resolve(io.cwd, file), new TextEncoder().encode(text), true);
    }
  }
  const summary = io.env['GITHUB_STEP_SUMMARY'];
  if (summary !== undefined && summary !== '' && outputs.some(({ reporter }) => reporter.id === 'github')) {
    const { markdown } = await import('../report/markdown.ts');
    // the file is the workflow's own, and other steps write to it too
    await appendFile(summary, markdown(report, { all }));
  }
}
