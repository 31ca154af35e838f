/** How a run is to be done: by its command line first, then by its config, then as is usual. */
import { join, relative } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Policy } from '../config/policy.ts';
import type { Json } from '../report/json.ts';
import type { FailOn } from '../report/report.ts';
import type { Against } from '../setup/sources/index.ts';
import { readAllAgainst } from './against.ts';
import type { Budgets } from './check-all.ts';
import { type ConfigFile, configFor, placeFrom } from './config-file.ts';
import { UsageError } from './exit.ts';
import type { Excludes } from './targets.ts';
import type { Resolution } from './options.ts';
import { addFormat, type OutputFlags } from './outputs.ts';
import type { Shard } from './shard.ts';
import { isAddress } from './target.ts';

/** The command line of `validate`. */
export interface ValidateFlags extends OutputFlags {
  readonly failOn?: FailOn;
  readonly resolution?: Resolution;
  readonly values?: true;
  readonly smoke?: true;
  readonly hash?: true;
  readonly against?: readonly string[];
  /** A config's path; false for none at all. */
  readonly config?: string | false;
  readonly baseline?: string;
  readonly updateBaseline?: true;
  readonly shard?: Shard;
  readonly jobs?: number;
}

/** Setups and locks that the models of some patterns are run with. */
interface AgainstSome extends Against {
  readonly names: readonly string[];
  readonly covers: (path: string) => boolean;
}

export interface Settings {
  readonly names: readonly string[];
  readonly failOn: FailOn;
  readonly formats?: readonly string[];
  readonly budgets: Budgets;
  /** Of every model. */
  readonly against: Against;
  /** Whether anything at all was named for every model. */
  readonly holds: boolean;
  readonly againstSome: readonly AgainstSome[];
  /** What the config leaves out of what is found. */
  readonly excludes?: Excludes;
  /** The config's word on findings, and a path as its patterns name it. */
  readonly policy?: { readonly of: Policy; readonly place: (path: string) => string };
  /** Where it is known of every model which findings it has: the config's own files, all of them. */
  readonly knowsAll: boolean;
  readonly config?: string;
  readonly baseline?: string;
  /** Everything that the outcome depends on beside the models, as plain data. */
  readonly asked: Json;
}

/** @throws {UsageError} when the config or a setup cannot be read or says something that cannot be, or nothing is named. */
export async function settingsOf(
  named: readonly string[],
  flags: ValidateFlags,
  cwd: string,
): Promise<Settings> {
  const file = flags.config === false ? undefined : await configFor(flags.config, cwd);
  const config = file?.config;
  const here = (path: string) => (file === undefined ? path : fromFolder(file, path, cwd));
  const names = named.length > 0 ? named : (config?.files ?? []).map(here);
  if (names.length === 0) {
    throw new UsageError(
      file === undefined
        ? 'name files, folders, patterns or addresses to check, or list them in ungarble.config.yaml'
        : `name files to check: ${file.name} lists none under "files"`,
    );
  }
  const common = (config?.setups ?? []).filter(({ files }) => files === undefined);
  const holding = [...(flags.against ?? []), ...common.map(({ setup }) => here(setup))];
  const against = await readAllAgainst(holding, cwd, file === undefined ? '--against' : 'setup');
  const budgets: Budgets = {
    ...config?.budgets,
    ...(flags.jobs === undefined ? {} : { files: flags.jobs }),
  };
  const baseline = flags.baseline ?? (config?.baseline === undefined ? undefined : here(config.baseline));
  const failOn = flags.failOn ?? config?.failOn ?? 'error';
  const formats = flags.format ?? config?.formats?.map((format) => outputIn(format, here));
  const againstSome = file === undefined ? [] : await setupsOfSome(file, cwd);
  return {
    names,
    failOn,
    ...(formats === undefined ? {} : { formats }),
    budgets,
    against,
    holds: holding.length > 0,
    againstSome,
    ...(file?.config.exclude === undefined ? {} : { excludes: await excludesOf(file, cwd) }),
    ...(file === undefined ? {} : { policy: await policyOf(file, cwd), config: file.name }),
    knowsAll: named.length === 0 && flags.shard === undefined,
    ...(baseline === undefined ? {} : { baseline }),
    asked: askedOf(flags, failOn, [against, ...againstSome], config),
  };
}

/** The setups that some models alone are run with, each read once. */
async function setupsOfSome(file: ConfigFile, cwd: string): Promise<readonly AgainstSome[]> {
  const { globMatcher } = await import('../config/glob.ts');
  const some: AgainstSome[] = [];
  for (const { setup, files } of file.config.setups) {
    if (files === undefined) continue;
    const name = fromFolder(file, setup, cwd);
    const matchers = files.map(globMatcher);
    some.push({
      ...(await readAllAgainst([name], cwd, 'setup')),
      names: [name],
      covers: (path) => {
        const place = placeFrom(file.folder, path, cwd);
        return matchers.some((matches) => matches(place));
      },
    });
  }
  return some;
}

async function excludesOf({ config, folder }: ConfigFile, cwd: string): Promise<Excludes> {
  const { globMatcher } = await import('../config/glob.ts');
  const matchers = (config.exclude ?? []).map(globMatcher);
  return (path) => {
    const place = placeFrom(folder, path, cwd) + (path.endsWith('/') ? '/' : '');
    return matchers.some((matches) => matches(place));
  };
}

async function policyOf(
  { config, folder }: ConfigFile,
  cwd: string,
): Promise<NonNullable<Settings['policy']>> {
  const { Policy } = await import('../config/policy.ts');
  return { of: new Policy(config), place: (path) => placeFrom(folder, path, cwd) };
}

/** A path of the config as the command line would name it. */
function fromFolder({ folder }: ConfigFile, path: string, cwd: string): string {
  if (isAddress(path)) return path;
  const folderFromHere = relative(cwd, folder);
  return folderFromHere === '' ? path : join(folderFromHere, path).replaceAll('\\', '/');
}

function outputIn(format: string, here: (path: string) => string): string {
  addFormat(format);
  const mark = format.indexOf('=');
  return mark === -1 ? format : `${format.slice(0, mark + 1)}${here(format.slice(mark + 1))}`;
}

function askedOf(
  { resolution, values, smoke, hash, updateBaseline }: ValidateFlags,
  failOn: FailOn,
  against: readonly Against[],
  config: Config | undefined,
): Json {
  return {
    failOn,
    resolution: resolution && { width: resolution.width, height: resolution.height },
    values,
    smoke,
    hash,
    updateBaseline,
    // plain data, and only its digest is kept
    against: against.map(({ setups, locks }) => ({ setups, locks })) as unknown as Json,
    rules: config && [...config.rules],
    ignores: config && (config.ignores as unknown as Json),
    setups: config && (config.setups as unknown as Json),
    exclude: config?.exclude,
  };
}
