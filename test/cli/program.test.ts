import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, describe, expect, test } from 'vitest';
import { parseResolution, parseWidth } from '../../src/cli/options.ts';
import { commandLine } from '../../src/cli/program.ts';
import { rules } from '../../src/rules/index.ts';
import { listed, writeModel } from './models.ts';
import { ungarble } from './session.ts';
import manifest from '../../package.json' with { type: 'json' };

const folder = mkdtempSync(join(tmpdir(), 'ungarble-program-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function commands(): readonly Command[] {
  const sink = { isTTY: false, write: async () => {} };
  const none = {
    parse: () => Promise.reject(new Error('nothing is parsed')),
    newJudge: () => {
      throw new Error('nothing is judged');
    },
    startSmoke: () => Promise.reject(new Error('nothing runs')),
    atInterrupt: () => () => {},
  };
  const program = commandLine(
    { cwd: folder, env: {}, stdout: sink, stderr: sink, ...none },
    () => {},
    () => {},
  );
  return [program, ...program.commands];
}

describe('help', () => {
  test.each(commands().map((command) => [command.name(), command] as const))(
    'of %s',
    async (name, command) => {
      const argv = command.parent === null ? ['--help'] : [name, '--help'];
      const { code, stdout, stderr } = await ungarble(argv, folder);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      for (const option of command.options) expect(stdout).toContain(option.long);
      expect(stdout).toContain('Examples:');
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
      await expect(stdout).toMatchFileSnapshot(`transcripts/help-${name}.txt`);
    },
  );

  test('has an example for every command', async () => {
    const { stdout } = await ungarble(['--help'], folder);
    for (const command of commands().slice(1)) expect(stdout).toContain(`  ungarble ${command.name()} `);
  });
});

test('the version is the package’s', async () => {
  expect(await ungarble(['--version'], folder)).toEqual({
    code: 0,
    stdout: `${manifest.version}\n`,
    stderr: '',
  });
});

test('a name that starts with a dash comes after --', async () => {
  writeModel(join(folder, '-x [1].safetensors'), listed('lora-sd1-kohya'));
  const { code, stdout } = await ungarble(['validate', '--', '-x [1].safetensors'], folder);
  expect(stdout).toContain('-x [1].safetensors');
  expect(code).toBe(0);
});

test('explain lists every rule, and prints the page of each', async () => {
  const piped = await ungarble(['explain'], folder);
  const shown = await ungarble(['explain'], folder, { columns: 80, env: { NO_COLOR: '1' } });
  expect(shown.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  for (const { id, name, title } of rules) {
    expect(piped.stdout).toMatch(new RegExp(`^  ${id} .*${name} `, 'm'));
    expect(piped.stdout).toContain(title);
    expect(shown.stdout).toContain(name);
    for (const asked of [id, id.toLowerCase(), name]) {
      expect((await ungarble(['explain', asked], folder)).stdout).toContain(`# ${id} ${name}\n`);
    }
  }
});

test('usage errors are one line', async () => {
  for (const argv of [
    ['validate'],
    ['inspect', 'a', 'b'],
    ['inspect', 'x', '--width', '3'],
    ['explain', '\u001b[2J'],
  ]) {
    const { code, stdout, stderr } = await ungarble(argv, folder);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^ungarble: [^\n\u001b]+\n$/);
  }
});

test('colours follow --color, then NO_COLOR, then FORCE_COLOR, then the terminal', async () => {
  writeModel(join(folder, 'colour.safetensors'), listed('lora-sd1-kohya'));
  const coloured = async (more: readonly string[], env: Record<string, string>, columns?: number) => {
    const terminal = { env, ...(columns === undefined ? {} : { columns }) };
    return (await ungarble(['inspect', 'colour.safetensors', ...more], folder, terminal)).stdout.includes(
      '\u001b[',
    );
  };
  expect(await coloured([], {})).toBe(false);
  expect(await coloured([], {}, 80)).toBe(true);
  expect(await coloured([], { TERM: 'dumb' }, 80)).toBe(false);
  expect(await coloured([], { NO_COLOR: '1' }, 80)).toBe(false);
  expect(await coloured([], { FORCE_COLOR: '1' })).toBe(true);
  expect(await coloured([], { FORCE_COLOR: '0' }, 80)).toBe(false);
  expect(await coloured(['--color', 'always'], { NO_COLOR: '1' })).toBe(true);
  expect(await coloured(['--color', 'never'], { FORCE_COLOR: '1' }, 80)).toBe(false);
});

test('progress goes to a terminal only, and is wiped', async () => {
  writeModel(join(folder, 'many/a.safetensors'), listed('lora-sd1-kohya'));
  writeModel(join(folder, 'many/b.safetensors'), listed('lora-sd1-kohya'));
  const shown = await ungarble(['validate', 'many'], folder, { columns: 80 });
  expect(shown.stderr).toContain('2 of 2  many/b.safetensors');
  expect(shown.stderr.endsWith('\r\u001b[K')).toBe(true);
  expect((await ungarble(['validate', 'many'], folder)).stderr).toBe('');
});

test('resolutions and widths', () => {
  expect(parseResolution('512x768')).toEqual({ width: 512, height: 768 });
  expect(parseResolution('512×768')).toEqual({ width: 512, height: 768 });
  expect(parseResolution('640')).toEqual({ width: 640, height: 640 });
  for (const text of ['', '0', '512x', 'x512', '-512', '1e3', '512x768x3', '99999']) {
    expect(() => parseResolution(text)).toThrow(/512x768/);
  }
  expect(parseWidth('80')).toBe(80);
  for (const text of ['', '19', '1001', '80.5', 'wide']) expect(() => parseWidth(text)).toThrow(/columns/);
});
