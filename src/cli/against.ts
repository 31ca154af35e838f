/** The setups and lock files that `--against` names. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { openFile, openTree } from '../bytes/file.ts';
import { ReadError } from '../bytes/source.ts';
import type { ConfigIssue } from '../components/config-report.ts';
import type { Against } from '../setup/sources/index.ts';
import { toldIssues } from './document.ts';
import { UsageError } from './exit.ts';

/**
 * Reads every file and folder that is named.
 * @throws {UsageError} when one is not there, or is no setup: what stands where, and what would be right.
 */
export async function readAllAgainst(
  names: readonly string[],
  cwd: string,
  option = '--against',
): Promise<Against> {
  if (names.length === 0) return { setups: [], locks: [] };
  // most runs name none
  const { readAgainst, readSetupFolder, SetupError } = await import('../setup/sources/index.ts');
  const read: Against[] = [];
  for (const name of names) {
    try {
      const path = resolve(cwd, name);
      const folder = await stat(path).then(
        (stats) => stats.isDirectory(),
        () => false,
      );
      if (folder) {
        read.push({ setups: await readSetupFolder(await openTree(path, name)), locks: [] });
        continue;
      }
      const source = await openFile(path, name);
      try {
        read.push(await readAgainst(source));
      } finally {
        await source.close();
      }
    } catch (error) {
      if (error instanceof SetupError)
        throw new UsageError(`${option} ${worded(error.message, error.issues)}`);
      if (error instanceof ReadError) throw new UsageError(`${option} ${error.message}`);
      throw error;
    }
  }
  return { setups: read.flatMap(({ setups }) => setups), locks: read.flatMap(({ locks }) => locks) };
}

function worded(message: string, issues: readonly ConfigIssue[]): string {
  return issues.length === 0 ? message : `${message}: ${toldIssues(issues)}`;
}
