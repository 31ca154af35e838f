/** Known findings do not fail a run; entries that nothing has any more are told. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildDefect, soundFile } from '../build/safetensors.ts';
import { ungarble } from './session.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ungarble-baseline-'));
  mkdirSync(join(folder, '.git'));
  mkdirSync(join(folder, 'known'));
  writeFileSync(join(folder, 'a.safetensors'), soundFile());
  writeFileSync(join(folder, 'b.safetensors'), buildDefect('header-text'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const BASELINE = 'known/base.json';
const validate = (...argv: readonly string[]) =>
  ungarble(['validate', '.', '--baseline', BASELINE, ...argv], folder);
const baseline = () => JSON.parse(readFileSync(join(folder, BASELINE), 'utf8'));

test('what is in it does not fail a run, what is new does', async () => {
  expect((await validate('--update-baseline')).code).toBe(0);
  expect(baseline().files.map(({ path }: { path: string }) => path)).toEqual([
    '../a.safetensors',
    '../b.safetensors',
  ]);
  const { code, stdout } = await validate();
  expect(code).toBe(0);
  expect(stdout).toContain('1 known finding not counted');
  writeFileSync(join(folder, 'a.safetensors'), buildDefect('header-text'));
  const after = await validate('--format', 'json');
  expect(after.code).toBe(1);
  expect(JSON.parse(after.stdout).totals).toMatchObject({ files: 2, errors: 1, sound: 1 });
});

test('entries without a finding are stale, and an update drops them', async () => {
  await validate('--update-baseline');
  const [, { findings }] = baseline().files;
  writeFileSync(join(folder, 'b.safetensors'), soundFile());
  const { code, stdout } = await validate();
  expect(code).toBe(0);
  const [{ rule, fingerprint }] = findings;
  expect(stdout).toContain(`stale in the baseline: ../b.safetensors ${rule} ${fingerprint}`);
  await validate('--update-baseline');
  expect(readFileSync(join(folder, BASELINE), 'utf8')).not.toContain(fingerprint);
});

test('entries of a file that is gone are stale, those of one that was not named stay', async () => {
  await validate('--update-baseline');
  const partly = await ungarble(
    ['validate', 'a.safetensors', '--baseline', BASELINE, '--update-baseline'],
    folder,
  );
  expect(partly.stdout).not.toContain('stale');
  expect(baseline().files).toHaveLength(2);
  unlinkSync(join(folder, 'b.safetensors'));
  expect((await validate()).stdout).toContain('stale in the baseline: ../b.safetensors');
});

test('an entry is not stale where its file could not be checked, or its rule was not run', async () => {
  const entry = (rule: string) => ({ rule, fingerprint: '0123456789abcdef' });
  const files = [
    { path: '../a.safetensors', findings: [entry('VAL001'), entry('TOPO001'), entry('GONE001')] },
    { path: '../b.safetensors', findings: [entry('RUN001')] },
  ];
  writeFileSync(join(folder, BASELINE), JSON.stringify({ format: 'ungarble/baseline@1', files }));
  const { stdout } = await validate();
  expect(stdout.match(/stale in the baseline: \S+ \S+/g)).toEqual([
    'stale in the baseline: ../a.safetensors TOPO001',
    'stale in the baseline: ../a.safetensors GONE001',
  ]);
  await validate('--update-baseline');
  const kept = readFileSync(join(folder, BASELINE), 'utf8');
  expect(kept).toContain('VAL001');
  expect(kept).not.toMatch(/TOPO001|GONE001/);
});

test.each([
  ['{"format":"ungarble/baseline@2","files":[]}', 'at /format stands "ungarble/baseline@2"'],
  ['{"format":"ungarble/baseline@1","files":[{"path":"a"}]}', 'at /files/0/findings stands nothing'],
  ['{', 'is no JSON'],
])('%s is refused', async (text, words) => {
  writeFileSync(join(folder, BASELINE), text);
  const { code, stderr } = await validate();
  expect(code).toBe(2);
  expect(stderr).toContain(words);
  expect(readFileSync(join(folder, BASELINE), 'utf8')).toBe(text);
});

test('an update needs a place, and all shards', async () => {
  const without = await ungarble(['validate', '.', '--update-baseline'], folder);
  expect(without.stderr).toContain('--update-baseline writes the file that --baseline or the config names');
  expect((await validate()).stderr).toContain('there is no such baseline');
  expect((await validate('--update-baseline', '--shard', '1/2')).stderr).toContain(
    'each shard would write over',
  );
});

test('shards tell their own stale entries, merged all of them', async () => {
  writeFileSync(join(folder, 'a.safetensors'), buildDefect('header-text'));
  await validate('--update-baseline');
  for (const name of ['a', 'b']) writeFileSync(join(folder, `${name}.safetensors`), soundFile());
  for (const index of [1, 2]) await validate('--shard', `${index}/2`, '--format', `json=p${index}.json`);
  const { stdout } = await ungarble(['merge', 'p1.json', 'p2.json'], folder);
  expect(stdout.match(/stale in the baseline: \S+/g)).toEqual([
    'stale in the baseline: ../a.safetensors',
    'stale in the baseline: ../b.safetensors',
  ]);
});
