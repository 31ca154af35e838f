/** Small files of the user's own, JSON or YAML, read whole. */
import { basename } from 'node:path';
import { openFile } from '../bytes/file.ts';
import { MAX_SETUP_BYTES } from '../bytes/limits.ts';
import { ReadError } from '../bytes/source.ts';
import type { ConfigIssue } from '../components/config-report.ts';
import { type JsonValue, parseJson } from '../formats/json.ts';
import { UsageError } from './exit.ts';

/** Wrong places of a document that are listed. */
const SHOWN = 6;

/**
 * The value of a JSON file, or of a YAML file by its name.
 * @param name as it is shown
 * @throws {UsageError} when it cannot be read, or is neither
 */
export async function readDocument(path: string, name: string): Promise<JsonValue> {
  const text = await textOf(path, name);
  if (/\.ya?ml$/i.test(basename(path))) {
    const { parseYaml } = await import('../setup/yaml.ts');
    const parsed = parseYaml(text);
    if ('problem' in parsed) throw new UsageError(`${name} is no YAML that can be read: ${parsed.problem}`);
    return parsed.value;
  }
  const { value, faults } = parseJson(new TextEncoder().encode(text));
  const [fault] = faults;
  if (fault?.kind === 'json-duplicate-key') {
    throw new UsageError(
      `${name} has the key ${JSON.stringify(fault.key)} twice at ${fault.pointer || 'its root'}`,
    );
  }
  if (fault !== undefined || value === undefined) {
    const where =
      fault === undefined
        ? ''
        : `: ${fault.found} at byte ${fault.bytes.offset}, where ${fault.expected} belongs`;
    throw new UsageError(`${name} is no JSON${where}`);
  }
  return value;
}

async function textOf(path: string, name: string): Promise<string> {
  try {
    const source = await openFile(path, name);
    try {
      if (source.size > MAX_SETUP_BYTES)
        throw new UsageError(`${name} is larger than ${MAX_SETUP_BYTES} bytes`);
      return new TextDecoder('utf-8', { fatal: true }).decode(await source.read(0, source.size));
    } finally {
      await source.close();
    }
  } catch (error) {
    if (error instanceof ReadError) throw new UsageError(error.message);
    if (error instanceof TypeError) throw new UsageError(`${name} is no text in UTF-8`);
    throw error;
  }
}

/** What is wrong with a document of the user's. */
export function issuesOf(name: string, issues: readonly ConfigIssue[]): UsageError {
  return new UsageError(`${name}: ${toldIssues(issues)}`);
}

/** Each wrong place, what stands there, and what would be right. */
export function toldIssues(issues: readonly ConfigIssue[]): string {
  const told = issues
    .slice(0, SHOWN)
    .map(
      ({ pointer, found, expected }) => `at ${pointer || 'its root'} stands ${found}, expected: ${expected}`,
    );
  const more = issues.length > SHOWN ? [`and ${issues.length - SHOWN} more`] : [];
  return [...told, ...more].join('; ');
}
