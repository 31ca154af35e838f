import { resolve } from 'node:path';
import { byPath, totalsOf, type FileReport, type Report } from '../report/report.ts';
import { ruleOf, rules } from '../rules/index.ts';
import type { RuleId } from '../rules/rule.ts';
import { type Checked, check, type Demands } from './check.ts';
import { checkAll } from './check-all.ts';
import type { KnownFindings } from './baseline-file.ts';
import { exitCodeOf, stackOf, UsageError } from './exit.ts';
import { withHashes } from './hash.ts';
import type { Io } from './io.ts';
import { openOutputs, type OutputFlags, removeOutputs, writeOutputs } from './outputs.ts';
import { Progress } from './progress.ts';
import { type Settings, settingsOf, type ValidateFlags } from './settings.ts';
import { digestOf, pathsOfShard } from './shard.ts';
import { findTargets, type Target } from './targets.ts';
import { TOOL } from './version.ts';

/** The flags, and what the reports of the run need. */
interface Wanted extends ValidateFlags {
  /** Whether one of them shows more of a file than its findings. */
  readonly details: boolean;
}

/** `ungarble validate`: every rule over every model named. */
export async function validate(named: readonly string[], flags: ValidateFlags, io: Io): Promise<number> {
  const settings = await settingsOf(named, flags, io.cwd);
  const known = await knownFindings(settings, flags, io.cwd);
  const openRemote = async () => (await import('./remote.ts')).openRemote(io);
  const found = await findTargets(settings.names, io.cwd, openRemote, settings.excludes);
  const paths = [...found.targets, ...found.passedOver].map(({ path }) => path);
  const ours = flags.shard === undefined ? undefined : pathsOfShard(paths, flags.shard);
  const isOurs = ({ path }: { readonly path: string }) => ours === undefined || ours.has(path);
  const targets = found.targets.filter(isOurs);
  const models = new Set(found.targets.map(({ path }) => resolve(io.cwd, path)));
  const outputs = await openOutputs({ ...flags, ...withFormats(settings) }, io, models);
  if (flags.shard !== undefined) await removeOutputs(outputs, io.cwd);

  const details = outputs.some(({ reporter }) => reporter.detailed === true);
  const checked = await checkTargets(targets, settings, { ...flags, details }, io);
  for (const { bug } of checked) {
    if (bug !== undefined && io.env['UNGARBLE_DEBUG']) await io.stderr.write(stackOf(bug));
  }
  const passedOver = found.passedOver.filter(isOurs).map(
    ({ path, reason }): FileReport => ({
      path,
      components: [],
      findings: [],
      unchecked: [{ path, reason }],
    }),
  );
  const files = [...passedOver, ...checked.map(({ file }) => file)]
    .sort(byPath)
    .map((file) => settings.policy?.of.apply(file, settings.policy.place(file.path)) ?? file)
    .map((file) => known?.apply(file, flags.updateBaseline === true) ?? file);
  if (flags.shard === undefined) await known?.close();
  const report: Report = {
    tool: TOOL,
    rules,
    files,
    totals: totalsOf(files),
    failOn: settings.failOn,
    exitCode: exitCodeOf(files, settings.failOn),
    ...aboutRun(settings, known),
    ...(found.excluded === 0 ? {} : { excluded: found.excluded }),
    ...(flags.shard === undefined
      ? {}
      : {
          shard: {
            ...flags.shard,
            files: paths.length,
            list: await digestOf([...paths].sort()),
            asked: await digestOf([settings.asked, (known?.entries ?? []) as never]),
          },
        }),
  };
  if (flags.updateBaseline === true) await known?.write();
  await writeOutputs(report, outputs, flags, io);
  return report.exitCode;
}

function withFormats({ formats }: Settings): Pick<OutputFlags, 'format'> {
  return formats === undefined ? {} : { format: formats };
}

/** What a report says of the run beside its files. */
function aboutRun(
  { against: { setups, locks }, holds, config, policy, knowsAll }: Settings,
  known: KnownFindings | undefined,
): Pick<Report, 'against' | 'config' | 'unusedIgnores' | 'stale'> {
  return {
    ...(holds ? { against: [...setups, ...locks.map(({ setup }) => setup)] } : {}),
    ...(config === undefined ? {} : { config }),
    ...(policy === undefined || !knowsAll ? {} : { unusedIgnores: policy.of.unused() }),
    ...(known === undefined ? {} : { stale: known.stale }),
  };
}

/** @throws {UsageError} when there is none, or it cannot be written by this run */
async function knownFindings(
  { baseline }: Settings,
  flags: ValidateFlags,
  cwd: string,
): Promise<KnownFindings | undefined> {
  const update = flags.updateBaseline === true;
  if (update && baseline === undefined) {
    throw new UsageError(
      '--update-baseline writes the file that --baseline or the config names, and none does',
    );
  }
  if (update && flags.shard !== undefined) {
    throw new UsageError(
      '--update-baseline with --shard: each shard would write over the others; run it whole',
    );
  }
  if (baseline === undefined) return undefined;
  const { KnownFindings } = await import('./baseline-file.ts');
  return KnownFindings.open(baseline, cwd, update, (rule) => wasRun(rule, flags));
}

/** Whether a rule had what it needs; one that there is no more never finds anything again. */
function wasRun(rule: string, { values, smoke }: ValidateFlags): boolean {
  if (!rules.some(({ id }) => id === rule)) return true;
  const { evidence } = ruleOf(rule as RuleId);
  return evidence === 'values' ? values === true : evidence === 'run' ? smoke === true : true;
}

/** Each target's report, in their order. */
async function checkTargets(
  targets: readonly Target[],
  settings: Settings,
  flags: Wanted,
  io: Io,
): Promise<readonly Pick<Checked, 'file' | 'bug'>[]> {
  const slow = flags.values === true || flags.smoke === true || flags.hash === true;
  const progress = new Progress(io, targets.length, slow);
  const { seconds, memory } = settings.budgets;
  const bounded = seconds !== undefined || memory !== undefined;
  // for one file the rules are loaded here while it is parsed there
  const alone = targets.length < 2 && !bounded;
  const checked = await (flags.values === true || flags.smoke === true || alone
    ? inTurn(targets, settings, flags, io, progress)
    : checkAll(
        targets,
        (target) => demandsOf(target, settings, flags),
        settings.budgets,
        io,
        (target) => progress.at(target),
      ));
  const whole: Pick<Checked, 'file' | 'bug'>[] = [];
  for (const [index, target] of targets.entries()) {
    const one = checked[index] as Pick<Checked, 'file' | 'bug'>;
    const names = settings.againstSome
      .filter(({ covers }) => covers(target.path))
      .flatMap(({ names }) => names);
    const file = names.length === 0 ? one.file : { ...one.file, against: names };
    const hashed =
      flags.hash === true || flags.values === true
        ? await withHashes(file, target, (what, share) => progress.within(what, share))
        : file;
    whole.push({ ...one, file: hashed });
  }
  await progress.end();
  return whole;
}

/** One at a time: what is computed beside the rules takes every processor as it is. */
async function inTurn(
  targets: readonly Target[],
  settings: Settings,
  flags: Wanted,
  io: Io,
  progress: Progress,
): Promise<readonly Pick<Checked, 'file' | 'bug'>[]> {
  const checked: Pick<Checked, 'file' | 'bug'>[] = [];
  for (const target of targets) {
    await progress.at(target);
    const { file, bug } = await check(target, {
      parse: io.parse,
      ...demandsOf(target, settings, flags),
      ...(flags.smoke === true
        ? {
            run: async (one, found) =>
              (await import('./run-net.ts')).runNet(one, found, io, (what) => progress.doing(what)),
          }
        : {}),
      ...(flags.values === true ? { values: (what, share) => progress.within(what, share) } : {}),
    });
    checked.push({ file, ...(bug === undefined ? {} : { bug }) });
  }
  return checked;
}

function demandsOf({ path }: Target, { against, againstSome }: Settings, flags: Wanted): Demands {
  const own = againstSome.filter(({ covers }) => covers(path));
  return {
    details: flags.details,
    against: {
      setups: [...against.setups, ...own.flatMap(({ setups }) => setups)],
      locks: [...against.locks, ...own.flatMap(({ locks }) => locks)],
    },
    ...(flags.resolution === undefined ? {} : { resolution: flags.resolution }),
  };
}
