import { resolve } from 'node:path';
import { openFile } from '../bytes/file.ts';
import { MAX_REPORT_BYTES } from '../bytes/limits.ts';
import { ReadError } from '../bytes/source.ts';
import { reportFromJson, ReportFormatError } from '../report/from-json.ts';
import { byPath, type FileReport, type Report, type ReportShard, totalsOf } from '../report/report.ts';
import { rules } from '../rules/index.ts';
import { exitCodeOf, UsageError } from './exit.ts';
import type { Io } from './io.ts';
import { isThere } from './is-there.ts';
import { openOutputs, type OutputFlags, writeOutputs } from './outputs.ts';
import { TOOL } from './version.ts';

/** One report, as it was named. */
interface Part {
  readonly name: string;
  readonly report: Report;
}

/** `ungarble merge`: the JSON reports of a run's shards, or of several runs, as one report in any format. */
export async function merge(names: readonly string[], flags: OutputFlags, io: Io): Promise<number> {
  const paths = await partsNamed(names, io.cwd);
  const outputs = await openOutputs(flags, io, new Set(paths.map((path) => resolve(io.cwd, path))));
  const parts: Part[] = [];
  for (const name of paths) parts.push({ name, report: await readPart(name, io.cwd) });
  const report = mergeReports(parts);
  await writeOutputs(report, outputs, flags, io);
  return report.exitCode;
}

/** The files that are named, by patterns too: not every shell knows them. */
async function partsNamed(names: readonly string[], cwd: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const name of names) {
    if (await isThere(resolve(cwd, name))) {
      found.add(name);
      continue;
    }
    const { glob, isDynamicPattern } = await import('tinyglobby');
    const matches = isDynamicPattern(name) ? await glob(name, { cwd, expandDirectories: false }) : [];
    if (matches.length === 0) throw new UsageError(`no such report: ${JSON.stringify(name)}`);
    for (const match of matches.sort()) found.add(match);
  }
  return [...found];
}

async function readPart(name: string, cwd: string): Promise<Report> {
  try {
    const source = await openFile(resolve(cwd, name), name);
    try {
      if (source.size > MAX_REPORT_BYTES) {
        throw new UsageError(`${name} is larger than ${MAX_REPORT_BYTES} bytes: make more shards of the run`);
      }
      const text = new TextDecoder().decode(await source.read(0, source.size));
      return reportFromJson(text, rules);
    } finally {
      await source.close();
    }
  } catch (error) {
    if (error instanceof ReportFormatError) throw new UsageError(`${name}: ${error.message}`);
    if (error instanceof ReadError) throw new UsageError(error.message);
    throw error;
  }
}

/**
 * One report of several. A shard whose report is not there is told as something that was not checked.
 * @throws {UsageError} for parts that are not of one run, or of which two have the same file
 */
export function mergeReports(parts: readonly Part[]): Report {
  const [first] = parts;
  if (first === undefined) throw new UsageError('no report to merge');
  for (const part of parts) agree(first, part);
  const files = [...parts.flatMap(({ report }) => report.files), ...missingShards(parts)].sort(byPath);
  noneTwice(parts);
  const { tool, failOn, against, config } = first.report;
  const stale = parts.flatMap(({ report }) => report.stale ?? []);
  return {
    tool,
    rules,
    files,
    totals: totalsOf(files),
    failOn,
    exitCode: exitCodeOf(files, failOn),
    ...(against === undefined ? {} : { against }),
    ...(config === undefined ? {} : { config }),
    ...excludedOf(parts),
    ...(parts.some(({ report }) => report.stale !== undefined) ? { stale } : {}),
  };
}

/** Every shard leaves out the same; of other runs each its own. */
function excludedOf(parts: readonly Part[]): Pick<Report, 'excluded'> {
  const all = parts.map(({ report }) => report.excluded ?? 0);
  const isShards = parts.some(({ report }) => report.shard !== undefined);
  const excluded = isShards ? Math.max(...all) : all.reduce((sum, one) => sum + one, 0);
  return excluded === 0 ? {} : { excluded };
}

/** @throws {UsageError} where two parts cannot be of one run, or one is not whole */
function agree(first: Part, { name, report }: Part): void {
  const { tool, failOn, shard } = report;
  if (shard !== undefined && report.files.length !== filesOf(shard, shard.index)) {
    throw new UsageError(
      `${name} has ${report.files.length} files, and its shard ${filesOf(shard, shard.index)}: it was changed`,
    );
  }
  if (tool.version !== TOOL.version) {
    throw new UsageError(
      `${name} was written by ungarble ${tool.version}, and this is ${TOOL.version}: merge with the version that checked`,
    );
  }
  const other = first.report;
  const differs = (what: string) =>
    new UsageError(`${first.name} and ${name} are not of one run: they differ in ${what}`);
  if (other.failOn !== failOn) throw differs(`--fail-on (${other.failOn} and ${failOn})`);
  if ((other.shard === undefined) !== (shard === undefined)) {
    throw differs('whether they are shards at all');
  }
  if (other.shard === undefined || shard === undefined) return;
  if (other.shard.count !== shard.count) {
    throw differs(`the number of shards (${other.shard.count} and ${shard.count})`);
  }
  if (other.shard.list !== shard.list) {
    throw differs(
      `the files that they are shards of (${other.shard.files} and ${shard.files}): a file came or went in between`,
    );
  }
  if (other.shard.asked !== shard.asked) throw differs('options, config, setups or baseline');
}

/** @throws {UsageError} where a shard or a file is there twice */
function noneTwice(parts: readonly Part[]): void {
  const shards = new Map<number, string>();
  const files = new Map<string, string>();
  const once = <K>(seen: Map<K, string>, key: K, what: string, name: string) => {
    const before = seen.get(key);
    if (before !== undefined)
      throw new UsageError(`${what} is in ${before} and in ${name}: leave one of them out`);
    seen.set(key, name);
  };
  for (const { name, report } of parts) {
    const { shard } = report;
    if (shard !== undefined) once(shards, shard.index, `shard ${shard.index}/${shard.count}`, name);
    for (const { path } of report.files) once(files, path, JSON.stringify(path), name);
  }
}

/** Something that was not checked for each shard without a report. */
function missingShards(parts: readonly Part[]): readonly FileReport[] {
  const shards = parts.flatMap(({ report }) => (report.shard === undefined ? [] : [report.shard]));
  const [one] = shards;
  if (one === undefined) return [];
  const there = new Set(shards.map(({ index }) => index));
  return Array.from({ length: one.count }, (_, at) => at + 1)
    .filter((index) => !there.has(index))
    .map((index) => {
      const path = `shard ${index}/${one.count}`;
      const reason = `no report of this shard: ${filesOf(one, index)} of ${one.files} files are not checked`;
      return { path, components: [], findings: [], unchecked: [{ path, reason }] };
    });
}

/** How many files a shard has: every `count`-th, from its own place. */
function filesOf({ files, count }: ReportShard, index: number): number {
  return Math.max(0, Math.ceil((files - (index - 1)) / count));
}
