import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listed, writeModel } from './models.ts';

/** `ungarble smoke` as it is installed: what becomes of it when the machine is unkind. */
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));
const built = existsSync(CLI);
if (!built) console.warn('dist/cli.js is absent, its tests are skipped: run `npm run build`');

const MODEL = resolve('fixtures/shapes/sd1-v');

let folder = '';
let temporary = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'smoke-process-'));
  temporary = mkdtempSync(join(tmpdir(), 'smoke-temporary-'));
});
afterAll(() => {
  for (const each of [folder, temporary]) rmSync(each, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command with temporary files in a folder of its own. */
function start(argv: readonly string[], limit = '', model = MODEL) {
  const command = [process.execPath, CLI, 'smoke', model, '--device', 'cpu', '--threads', '1', ...argv];
  const env = { ...process.env, NO_COLOR: '1', TMPDIR: temporary };
  const child =
    limit === ''
      ? spawn(command[0] as string, command.slice(1), { cwd: folder, env })
      : spawn('bash', ['-c', `${limit}; exec "$0" "$@"`, ...command], { cwd: folder, env });
  const texts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (texts.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (texts.stderr += text));
  const ended = new Promise<Ended>((done, reject) => {
    child.on('error', reject).on('close', (code) => done({ code, ...texts }));
  });
  return { child, ended, texts };
}

/** Waits until the command is in the middle of its work: what it will do is printed, and its files are open. */
async function underWay({ texts }: ReturnType<typeof start>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!texts.stdout.includes('sampler')) {
    if (Date.now() > deadline) throw new Error(`it did not begin: ${texts.stderr}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Waits until nothing of a process is there: nobody may have taken note of its end yet. */
async function gone(pid: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (existsSync(`/proc/${pid}`) && Date.now() < deadline) {
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Processes that this one started. Source: proc(5), the fourth field of `stat`, behind a name in brackets. */
function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const stat = statOf(name);
      return stat.slice(stat.lastIndexOf(')')).split(' ')[2] === String(pid);
    })
    .map(Number);
}

/** Empty where the process has ended in the meantime. */
function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

describe.runIf(built)('the built command', () => {
  test('runs, and leaves nothing but the picture', async () => {
    const { code, stderr, stdout } = await start(['--steps', '2', '--out', 'a.png']).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('wrote a.png');
    expect(readdirSync(folder)).toEqual(['a.png']);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe.runIf(built && process.platform === 'linux')('bad luck', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it at once, and nothing is left', async (signal) => {
    const run = start(['--steps', '900', '--out', 'b.png']);
    await underWay(run);
    const [worker] = childrenOf(run.child.pid as number);
    run.child.kill(signal);
    const began = Date.now();
    expect((await run.ended).code).toBe(130);
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(existsSync(`/proc/${worker}`)).toBe(false);
    expect(existsSync(join(folder, 'b.png'))).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('the run is killed by the system', async () => {
    const run = start(['--steps', '900']);
    await underWay(run);
    const [worker] = childrenOf(run.child.pid as number);
    process.kill(worker as number, 'SIGKILL');
    const { code, stderr } = await run.ended;
    expect(code).toBe(3);
    expect(stderr).toContain(
      'the run was ended by the system (SIGKILL): most likely there was not enough memory',
    );
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('everything is killed: the next run clears up', async () => {
    const run = start(['--steps', '900']);
    await underWay(run);
    const [worker] = childrenOf(run.child.pid as number);
    run.child.kill('SIGKILL');
    process.kill(worker as number, 'SIGKILL');
    await run.ended;
    await gone(worker as number);
    expect(readdirSync(temporary)).toHaveLength(1);
    expect((await start(['--steps', '1']).ended).code).toBe(0);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('the one who asked is killed: the run does not go on alone', async () => {
    const run = start(['--steps', '900']);
    await underWay(run);
    const [worker] = childrenOf(run.child.pid as number);
    run.child.kill('SIGKILL');
    await run.ended;
    await gone(worker as number);
    expect(existsSync(`/proc/${worker}`)).toBe(false);
  });

  test('a disk without room for the picture', async () => {
    const { code, stderr } = await start(['--steps', '1', '--out', '/dev/full/a.png']).ended;
    expect(code).toBe(3);
    expect(stderr).toContain('/dev/full/a.png could not be written: there is no such folder');
    // files of at most 1 kB: a temporary file can be begun and not ended
    const limited = await start(['--steps', '1', '--out', 'c.png'], "trap '' XFSZ; ulimit -f 1").ended;
    expect(limited.code).toBe(3);
    expect(limited.stderr).toContain('c.png could not be written');
    expect(existsSync(join(folder, 'c.png'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('memory that ends while a net is loaded', async () => {
    const model = join(folder, 'sd1.safetensors');
    // all zeros, and no room on the disk
    writeModel(model, listed('sd1-ldm', 'model.diffusion_model.'));
    const limited = 'ulimit -v 4000000';
    const { code, stderr } = await start(['--resolution', '64x64', '--steps', '1'], limited, model).ended;
    expect(code).toBe(3);
    expect(stderr).toMatch(/there is not enough memory|most likely there was not enough memory/);
    expect(stderr).not.toContain('    at ');
    expect(readdirSync(temporary)).toEqual([]);
  });
});
