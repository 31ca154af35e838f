import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CATALOGUE } from './catalogue.ts';
import { type Made, writeMade } from './catalogue-parts.ts';
import { ungarble } from './session.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ungarble-catalogue-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Ids of the rules that found something, as the command line tells them. */
async function found(made: Made, name: string): Promise<readonly string[]> {
  const at = join(folder, name);
  const argv = writeMade(at, made);
  const { stdout, stderr } = await ungarble([...argv, '--format', 'json'], at);
  rmSync(at, { recursive: true });
  if (stdout === '') throw new Error(stderr);
  const report = JSON.parse(stdout) as {
    readonly files: readonly { readonly findings: readonly { readonly rule: string }[] }[];
  };
  return report.files.flatMap(({ findings }) => findings.map(({ rule }) => rule));
}

test.each(CATALOGUE)('row $row: $rule', async ({ row, rule, fails, passes }) => {
  expect(await found(fails, `${row}-${rule}-fails`)).toContain(rule);
  expect(await found(passes, `${row}-${rule}-passes`)).not.toContain(rule);
});

test('row 22: a text encoder without position_ids is no fault', async () => {
  const sound = CATALOGUE.find(({ row }) => row === 26)?.passes as Made;
  expect(await found(sound, '22')).toEqual([]);
});
