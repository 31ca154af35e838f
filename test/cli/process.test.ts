import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listed, writeModel } from './models.ts';
import manifest from '../../package.json' with { type: 'json' };

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const built = existsSync(CLI);
if (!built) console.warn('dist/cli.js is absent, its tests are skipped: run `npm run build`');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let cwd = '';

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'ungarble-process-'));
  const unet = listed('sd1-ldm', 'model.diffusion_model.');
  writeModel(join(cwd, 'sd1.safetensors'), unet);
  // more than any pipe holds
  writeModel(join(cwd, 'wordy.safetensors'), unet, { metadata: { long: 'x'.repeat(2_000_000) } });
  writeFileSync(join(cwd, 'old.ckpt'), 'no model');
});

afterAll(() => rmSync(cwd, { recursive: true, force: true }));

function start(argv: readonly string[]) {
  return spawn(process.execPath, [CLI, ...argv], { cwd, env: { ...process.env, NO_COLOR: '1' } });
}

function end(child: ReturnType<typeof start>): Promise<Ended> {
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (texts.stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, ...texts }));
  });
}

describe.runIf(built)('the built command', () => {
  test('tells its version', async () => {
    expect(await end(start(['--version']))).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  test.each([
    [['validate', 'sd1.safetensors'], 0],
    [['validate', 'sd1.safetensors', '--fail-on', 'note'], 1],
    [['validate', 'absent'], 2],
    [['validate', 'old.ckpt'], 1],
    [['inspect', '--jsno'], 2],
  ] as const)('%j ends with %i', async (argv, code) => {
    expect((await end(start(argv))).code).toBe(code);
  });

  test('writes large JSON whole into a pipe that is read slowly', async () => {
    const child = start(['inspect', 'wordy.safetensors', '--json']);
    child.stdout.pause();
    const ended = end(child);
    child.stdout.pause();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    child.stdout.resume();
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout.length).toBeGreaterThan(2_000_000);
    expect(JSON.parse(stdout).nets[0].skips).toHaveLength(12);
  });

  test('ends quietly when nobody reads', async () => {
    const child = start(['inspect', 'wordy.safetensors', '--json']);
    child.stdout.destroy();
    const { code, stderr } = await end(child);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test.skipIf(process.platform === 'win32')('ends with 130 when interrupted', async () => {
    const child = start(['inspect', 'wordy.safetensors', '--json']);
    const code = new Promise((resolve) => child.on('exit', resolve));
    // its pipe is full and nobody reads: it waits until it is told to end
    child.stdout.pause();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    child.kill('SIGINT');
    expect(await code).toBe(130);
  });
});
