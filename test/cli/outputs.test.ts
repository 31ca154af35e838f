import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildDefect, soundFile } from '../build/safetensors.ts';
import { ungarble } from './session.ts';

/** Several reports at once, and which there is when none is asked for. */
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'outputs-'));
  writeFileSync(join(folder, 'sound.safetensors'), soundFile());
  writeFileSync(join(folder, 'cut.safetensors'), buildDefect('header-text'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const validate = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  ungarble(['validate', 'sound.safetensors', 'cut.safetensors', ...argv], folder, { env });
const written = (name: string) => readFileSync(join(folder, name), 'utf8');

test('writes several reports of one run, each to its place', async () => {
  const formats = ['text', 'sarif=a.sarif', 'junit=a.xml', 'jsonl=a.jsonl'];
  const { code, stdout } = await validate(formats.flatMap((format) => ['--format', format]));
  expect(code).toBe(1);
  expect(stdout).toContain('2 files: ');
  const sarif = JSON.parse(written('a.sarif'));
  expect(sarif.runs[0].results.length).toBeGreaterThan(0);
  expect(sarif.runs[0].invocations[0].exitCode).toBe(1);
  expect(written('a.xml')).toMatch(/^<\?xml[^]*<failure type="error"/);
  expect(written('a.jsonl').trimEnd().split('\n')).toHaveLength(3);
});

test('a page for people draws the net, and says what programs make of the file', async () => {
  const models = fileURLToPath(new URL('../../fixtures/shapes/', import.meta.url));
  const argv = ['validate', 'sd1-eps.safetensors', 'sd1-v', '--format', `html=${join(folder, 'a.html')}`];
  await ungarble(argv, models);
  const page = written('a.html');
  expect(page.match(/<svg class="u"/g)).toHaveLength(2);
  expect(page).toContain('12 of 12 skip connections hold');
  expect(page).toContain('What it is to be run with');
  expect(page).toContain('How programs read it');
});

test.each([
  ['when they are asked for', ['--hash']],
  ['where all bytes are read anyway', ['--values']],
])('files are named by their digests %s', async (_, flags) => {
  const { stdout } = await validate(['--format', 'json', ...flags]);
  const digest = createHash('sha256').update(soundFile()).digest('hex');
  interface Checked {
    readonly checkpoint?: { readonly files: readonly { readonly sha256?: string }[] };
  }
  const files: readonly Checked[] = JSON.parse(stdout).files;
  const digests = files.flatMap(({ checkpoint }) => checkpoint?.files.map(({ sha256 }) => sha256) ?? []);
  expect(digests).toContain(digest);
  const without = await validate(['--format', 'json']);
  expect(without.stdout).not.toContain('sha256');
});

test('a report of an earlier run is replaced', async () => {
  writeFileSync(join(folder, 'old.json'), 'old');
  await validate(['--format', 'json=old.json']);
  expect(JSON.parse(written('old.json')).format).toBe('ungarble/validate@1');
});

test('in a GitHub workflow findings are annotations, and the step summary gets a table', async () => {
  writeFileSync(join(folder, 'summary.md'), 'of another step\n');
  const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: join(folder, 'summary.md') };
  const { stdout } = await validate([], env);
  expect(stdout).toMatch(/^::error file=cut\.safetensors,title=ungarble%3A FMT\d+/);
  expect(written('summary.md')).toMatch(/^of another step\n## ungarble: did not pass\n/);
  const asked = await validate(['--format', 'concise'], env);
  expect(asked.stdout).not.toContain('::error');
});

test.each([
  [['--format', 'xml'], 'no format "xml"; there are text, concise, json'],
  [['--format', 'sarif='], '--format sarif= names no file after ='],
  [['--format', 'text', '--format', 'json'], 'two reports to one place'],
  [['--format', 'json=no/folder.json'], 'no/folder.json: there is no such folder'],
  [['--format', 'json=/dev/null'], '/dev/null is no file that a report can replace'],
  [['--format', 'json=.'], '. is no file that a report can replace'],
  [['--format', 'json=sound.safetensors'], 'sound.safetensors is one of the models to be checked'],
])('%j is refused before anything is read', async (argv, words) => {
  const { code, stdout, stderr } = await validate(argv);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(words);
});
