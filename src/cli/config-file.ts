/** Which `ungarble.config` file is meant, and what it says. */
import { readdir } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Config } from '../config/config.ts';
import type { JsonValue } from '../formats/json.ts';
import { isModelFile } from '../formats/weights-names.ts';
import { UsageError } from './exit.ts';
import { isThere } from './is-there.ts';
import { isAddress } from './target.ts';

const DATA = ['ungarble.config.yaml', 'ungarble.config.yml', 'ungarble.config.json'];
const CODE = ['ungarble.config.ts', 'ungarble.config.mts', 'ungarble.config.mjs'];

/** A config, and where it lies. */
export interface ConfigFile {
  readonly config: Config;
  /** As it is shown, relative to the working folder. */
  readonly name: string;
  /** Absolute; what its paths are relative to. */
  readonly folder: string;
}

/**
 * The config of a run: the one that is named, else the nearest above the working folder, up to the root of the
 * repository. One that is code is run only where it was named, or lies in the working folder with no model beside it: a
 * folder that was downloaded must not be able to bring its own.
 * @throws {UsageError} when it cannot be read, says something that cannot be, or is code that is not to be run
 */
export async function configFor(named: string | undefined, cwd: string): Promise<ConfigFile | undefined> {
  const path = named === undefined ? await nearest(cwd) : resolve(cwd, named);
  if (path === undefined) return undefined;
  const name = relative(cwd, path).replaceAll('\\', '/') || path;
  const value = await valueOf(path, name);
  const { readConfig } = await import('../config/config.ts');
  const read = readConfig(value);
  if ('config' in read) return { config: read.config, name, folder: dirname(path) };
  const { issuesOf } = await import('./document.ts');
  throw issuesOf(name, read.issues);
}

async function nearest(cwd: string): Promise<string | undefined> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found: string[] = [];
    for (const name of [...DATA, ...CODE]) if (await isThere(join(folder, name))) found.push(name);
    const [name, second] = found;
    if (second !== undefined) {
      throw new UsageError(
        `${name} and ${second} both lie in ${folder}; --config names the one that is meant`,
      );
    }
    if (name !== undefined) {
      const path = join(folder, name);
      if (CODE.includes(name)) await mayRun(path, folder, cwd);
      return path;
    }
    if (dirname(folder) === folder || (await isThere(join(folder, '.git')))) return undefined;
  }
}

/** @throws {UsageError} where code that was not named is not to be run */
async function mayRun(path: string, folder: string, cwd: string): Promise<void> {
  const name = relative(cwd, path);
  const how = `--config ${name} runs it, --no-config goes without`;
  if (folder !== cwd) {
    throw new UsageError(`${name} is code, and is run by itself only in the folder that it lies in: ${how}`);
  }
  const files = await readdir(folder).catch(() => []);
  if (files.some((one) => isModelFile(one) || one === 'model_index.json')) {
    throw new UsageError(`${name} is code and lies beside a model, which may have brought it: ${how}`);
  }
}

async function valueOf(path: string, name: string): Promise<JsonValue> {
  const extension = extname(path).toLowerCase();
  if (!['.ts', '.mts', '.mjs', '.js'].includes(extension)) {
    return (await import('./document.ts')).readDocument(path, name);
  }
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new UsageError(
        `${name}: this Node, ${process.versions.node}, does not read TypeScript; 22.18 and later do, where no option forbids it. Name it ungarble.config.mjs and leave the types out, or write YAML`,
      );
    }
    if (error instanceof SyntaxError && /token '(?:export|import)'|import statement/.test(error.message)) {
      const module = extension === '.ts' ? 'ungarble.config.mts' : 'ungarble.config.mjs';
      throw new UsageError(
        `${name} is read as CommonJS, by the nearest package.json: name it ${module}, which is always a module`,
      );
    }
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${name} could not be run: ${message.split('\n')[0]}`);
  }
  if (loaded.default === undefined)
    throw new UsageError(`${name} has no default export, which is to be the config`);
  return dataOf(loaded.default, name, 0);
}

/** No config nests deeper. */
const DEEPEST = 16;

/** A value of a module as the tree that JSON gives. */
function dataOf(value: unknown, name: string, depth: number): JsonValue {
  if (depth > DEEPEST) throw new UsageError(`${name}: its default export nests too deep`);
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as JsonValue;
  if (Array.isArray(value)) return value.map((item: unknown) => dataOf(item, name, depth + 1));
  if (typeof value !== 'object') throw new UsageError(`${name}: its default export holds a ${typeof value}`);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return new Map(entries.map(([key, item]: [string, unknown]) => [key, dataOf(item, name, depth + 1)]));
}

/** A path of a report relative to a folder, with `/` between its parts; an address as it is. */
export function placeFrom(folder: string, path: string, cwd: string): string {
  return isAddress(path) ? path : relative(folder, resolve(cwd, path)).replaceAll('\\', '/') || '.';
}
