import { afterEach, describe, expect, test } from 'vitest';
import { asBytes, buildFolder, pipelineFiles, shardedFiles, weights } from '../build/folder.ts';
import { type FileServer, QUIRKS, type Quirk, serve } from '../build/http-server.ts';
import { type HubOptions, serveHub } from '../build/hub-server.ts';
import { buildOnnxDefect, DATA_FILE } from '../build/onnx.ts';
import { soundFile } from '../build/safetensors.ts';
import { ungarble } from './session.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const TOKEN = 'hf_aSecretThatNobodyMaySee';

async function web(files: Record<string, Uint8Array>, quirk?: Quirk): Promise<FileServer> {
  const server = await serve(files, quirk);
  closing.push(server.close);
  return server;
}

async function hub(files: Record<string, object | string>, options: HubOptions = {}) {
  const bytes = Object.entries(files).map(([path, content]) => [path, asBytes(content)] as const);
  const server = await serveHub(Object.fromEntries(bytes), options);
  closing.push(server.close);
  const run = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    ungarble(argv, '.', { env: { HF_ENDPOINT: server.origin, ...env } });
  return { server, run };
}

/** Ports differ from run to run. */
const steady = (text: string) => text.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:0');

describe('inspect', () => {
  test('shows a file at an address, and what was fetched of it', async () => {
    const server = await web({ '/a.safetensors': soundFile() });
    const { code, stdout, stderr } = await ungarble(
      ['inspect', server.at('/a.safetensors?key=hidden').href],
      '.',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(steady(stdout)).toContain('http://127.0.0.1:0/a.safetensors\n');
    expect(stdout).toMatch(/read over the network: .* in 1 request\n/);
    expect(stdout).not.toContain('hidden');
    // the key is part of the question all the same
    expect(server.seen.length).toBe(1);
  });

  test('gives the same as JSON', async () => {
    const server = await web({ '/a.safetensors': soundFile() });
    const { stdout } = await ungarble(['inspect', server.at('/a.safetensors').href, '--json'], '.');
    expect(JSON.parse(stdout)).toMatchObject({
      checkpoint: { container: 'safetensors' },
      transfer: { requests: 1, bytes: soundFile().length },
    });
  });

  test('shows a repository, a folder in it, a file in it and a set of shards', async () => {
    const sharded = Object.fromEntries(
      Object.entries(shardedFiles()).map(([path, content]) => [`sharded/${path}`, content]),
    );
    const { run } = await hub({ ...pipelineFiles(), ...sharded });
    const container = async (address: string) => {
      const { code, stdout } = await run(['inspect', address, '--json']);
      expect(code).toBe(0);
      const { path, checkpoint, unchecked } = JSON.parse(stdout);
      expect(unchecked).toEqual([]);
      return [path, checkpoint.container, checkpoint.files.length];
    };
    expect(await container('hf://owner/name/')).toEqual(['hf://owner/name', 'diffusers-folder', 2]);
    expect(await container('hf://owner/name@main/unet')).toEqual([
      'hf://owner/name@main/unet',
      'safetensors',
      1,
    ]);
    const file = 'hf://owner/name/vae/diffusion_pytorch_model.safetensors';
    expect(await container(file)).toEqual([file, 'safetensors', 1]);
    for (const part of ['model-00002-of-00002.safetensors', 'model.safetensors.index.json']) {
      const shard = `hf://owner/name/sharded/${part}`;
      expect(await container(shard)).toEqual([shard, 'safetensors-sharded', 2]);
    }
  });

  test('lists the folder of a file once, whatever is looked for beside it', async () => {
    const { server, run } = await hub({
      'm/model.onnx': buildOnnxDefect('external-shared'),
      [`m/${DATA_FILE[0]}`]: DATA_FILE[1],
    });
    const { stdout } = await run(['inspect', 'hf://owner/name/m/model.onnx', '--json']);
    expect(JSON.parse(stdout).checkpoint.files).toHaveLength(2);
    expect(server.seen.filter(({ path }) => path.includes('/tree/'))).toHaveLength(1);
  });

  test('takes the address of a page of the hub', async () => {
    const { server, run } = await hub(pipelineFiles());
    const { stdout } = await run([
      'inspect',
      `${server.origin}/owner/name/blob/main/unet/diffusion_pytorch_model.safetensors`,
    ]);
    expect(stdout).toContain('hf://owner/name@main/unet/diffusion_pytorch_model.safetensors\n');
  });

  test.each([
    ['http://models.example/a.safetensors', /anybody on the way .*UNGARBLE_ALLOW_HTTP=1/],
    ['https://user:hidden@models.example/a.safetensors', /name or password/],
    ['https://', /no address/],
    ['hf://name', /hf:\/\/owner\/repository/],
    ['hf://datasets/owner/name', /only repositories of models/],
  ])('%s is wrong usage', async (address, reason) => {
    const { code, stdout, stderr } = await ungarble(['inspect', address], '.');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain('hidden');
  });

  test.each([
    [{ HF_HUB_OFFLINE: '1' }, /HF_HUB_OFFLINE/],
    [{ HF_ENDPOINT: 'nowhere' }, /HF_ENDPOINT/],
    [{ HF_ENDPOINT: 'http://mirror.example' }, /HF_ENDPOINT.*anybody on the way/],
    [{ HF_TOKEN: 'hf_two\nlines' }, /holds a character that no token has/],
  ])('an environment that cannot be is wrong usage: %o', async (env, reason) => {
    const { code, stderr } = await ungarble(['inspect', 'hf://owner/name'], '.', { env });
    expect(code).toBe(2);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain('hf_two');
  });

  test('says what to do where a file cannot be had', async () => {
    const server = await web({ '/a.safetensors': soundFile() }, QUIRKS['forbidden']);
    const { code, stdout } = await ungarble(['inspect', server.at('/a.safetensors').href], '.');
    expect(code).toBe(3);
    expect(stdout).toMatch(/could not be read: 127\.0\.0\.1:\d+ wants to know who asks \(403\)/);
    expect(stdout).toMatch(/Download it with your own account/);
  });

  test('says what to do where a file changes under it', async () => {
    const file = new Uint8Array(3_000_000);
    file.set(soundFile());
    new DataView(file.buffer).setBigUint64(0, 2_500_000n, true);
    const server = await web({ '/a.safetensors': file }, QUIRKS['changes its tag']);
    const { code, stdout } = await ungarble(['inspect', server.at('/a.safetensors').href], '.');
    expect(code).toBe(3);
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(/it changed on the server while it was read\. Try again/);
  });
});

describe('the token', () => {
  test.each(['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'])('of %s opens what is private', async (name) => {
    const { server, run } = await hub(pipelineFiles(), { token: TOKEN });
    const shut = await run(['inspect', 'hf://owner/name']);
    expect([shut.code, shut.stdout]).toEqual([3, expect.stringMatching(/no such repository[\s\S]*HF_TOKEN/)]);
    const { code, stdout, stderr } = await run(['inspect', 'hf://owner/name'], { [name]: `${TOKEN}\n` });
    expect(code).toBe(0);
    expect(stdout + stderr).not.toContain(TOKEN);
    expect(server.seen.at(-1)?.authorization).toBe(`Bearer ${TOKEN}`);
  });

  test('that is wrong is not told', async () => {
    const { run } = await hub(pipelineFiles(), { token: TOKEN });
    const { code, stdout, stderr } = await run(['validate', 'hf://owner/name'], { HF_TOKEN: 'hf_wrong' });
    expect(code).toBe(3);
    expect(stdout).toMatch(/no such repository that the token may see/);
    expect(stdout + stderr).not.toContain('hf_wrong');
  });

  test('goes to no other server', async () => {
    const server = await web({ '/a.safetensors': soundFile() });
    await ungarble(['inspect', server.at('/a.safetensors').href], '.', { env: { HF_TOKEN: TOKEN } });
    expect(server.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
  });
});

describe('validate', () => {
  test('takes addresses beside each other, and one that fails ends nothing', async () => {
    const { server, run } = await hub(pipelineFiles());
    const there = await web({ '/a.safetensors': soundFile() });
    const { code, stdout } = await run([
      'validate',
      there.at('/absent.safetensors').href,
      there.at('/a.safetensors').href,
      'hf://owner/name/unet',
      'hf://owner/absent',
      '--format',
      'json',
    ]);
    expect(code).toBe(3);
    const { files } = JSON.parse(steady(stdout));
    expect(
      files.map(({ path, failure }: { path: string; failure?: object }) => [path, failure !== undefined]),
    ).toEqual([
      ['hf://owner/absent', true],
      ['hf://owner/name/unet', false],
      ['http://127.0.0.1:0/a.safetensors', false],
      ['http://127.0.0.1:0/absent.safetensors', true],
    ]);
    expect(server.seen.length).toBeGreaterThan(3);
  });

  test('finds in a repository the models that it finds in a folder', async () => {
    const { run } = await hub({
      'README.md': '',
      'a.safetensors': weights(),
      'loras/b.safetensors': weights(),
      'sd/model_index.json': (pipelineFiles()['model_index.json'] ?? {}) as object,
      'sd/scheduler/scheduler_config.json': {},
      'sd/unet/config.json': {},
      'sd/unet/diffusion_pytorch_model.safetensors': weights(),
      'sd/vae/config.json': {},
      'sd/vae/diffusion_pytorch_model.safetensors': weights(),
      '.cache/c.safetensors': weights(),
    });
    const { stdout } = await run(['validate', 'hf://owner/name', '--format', 'json']);
    expect(JSON.parse(stdout).files.map(({ path }: { path: string }) => path)).toEqual([
      'hf://owner/name/a.safetensors',
      'hf://owner/name/loras/b.safetensors',
      'hf://owner/name/sd',
    ]);
  });

  test('says where there is no model', async () => {
    const { run } = await hub({ 'README.md': 'nothing' });
    const { code, stderr } = await run(['validate', 'hf://owner/name']);
    expect([code, stderr]).toEqual([2, 'ungarble: no model file in "hf://owner/name"\n']);
  });
});

test('smoke asks for a file of this machine', async () => {
  const { server, run } = await hub(pipelineFiles());
  const { code, stderr } = await run(['smoke', 'hf://owner/name']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/needs the weights on this machine: download the model, and give its path/);
  expect(server.seen).toEqual([]);
});

test('a folder on the hub gives what the same folder gives here', async () => {
  const { openCheckpoint } = await import('../../src/formats/index.ts');
  const here = await openCheckpoint(buildFolder(pipelineFiles(), 'hf://owner/name'));
  const { run } = await hub(pipelineFiles());
  const { stdout } = await run(['inspect', 'hf://owner/name', '--json']);
  const { checkpoint } = JSON.parse(stdout);
  expect(checkpoint.files).toEqual(here.files.map(({ path, size }) => ({ path, size })));
  expect(checkpoint.tensors).toBe(here.parts.reduce((sum, { tensors }) => sum + tensors.length, 0));
});
