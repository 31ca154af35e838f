import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/formats/index.ts';
import { findTargets, singleTarget } from '../../src/cli/targets.ts';
import { soundFile } from '../build/safetensors.ts';

const cwd = mkdtempSync(join(tmpdir(), 'ungarble-targets-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const FILES = [
  'walk/b.safetensors',
  'walk/a.ckpt',
  'walk/notes.txt',
  'walk/deep/c.gguf',
  'walk/.hidden/d.safetensors',
  'walk/pipe/model_index.json',
  'walk/pipe/unet/config.json',
  'walk/pipe/unet/diffusion_pytorch_model.safetensors',
  'lone/config.json',
  'lone/diffusion_pytorch_model.fp16.safetensors',
  'no-index/unet/config.json',
  'no-index/unet/diffusion_pytorch_model.safetensors',
  'comfy/unet/x.safetensors',
  'comfy/vae/y.safetensors',
  'shards/big-00001-of-00002.safetensors',
  'shards/big-00002-of-00002.safetensors',
  'mixed/big-00001-of-00002.safetensors',
  'mixed/big-00002-of-00002.safetensors',
  'mixed/big.safetensors.index.json',
  'mixed/other.safetensors',
  'odd/[v1] x;$(y).safetensors',
  'odd/-dash.safetensors',
  'odd/line\nbreak.safetensors',
  'nothing/readme.md',
];

beforeAll(() => {
  for (const file of FILES) {
    mkdirSync(dirname(join(cwd, file)), { recursive: true });
    writeFileSync(join(cwd, file), file.endsWith('.safetensors') ? soundFile() : '{}');
  }
  symlinkSync(join(cwd, 'walk/b.safetensors'), join(cwd, 'walk/link.safetensors'));
});

async function paths(...names: readonly string[]): Promise<readonly string[]> {
  return (await findTargets(names, cwd)).targets.map(({ path }) => path);
}

describe('a folder', () => {
  test('is searched, without links and hidden folders', async () => {
    expect(await paths('walk')).toEqual([
      'walk/a.ckpt',
      'walk/b.safetensors',
      'walk/deep/c.gguf',
      'walk/pipe',
    ]);
    expect((await findTargets(['walk'], cwd)).passedOver).toEqual([
      { path: 'walk/link.safetensors', reason: 'a symbolic link; name it yourself to have it checked' },
    ]);
  });

  test.each(['walk/pipe', 'lone', 'no-index', 'shards'])('%s is one model', async (name) => {
    expect(await paths(`${name}/`)).toEqual([name]);
  });

  test('of ComfyUI is no diffusers folder, though its folders are named alike', async () => {
    expect(await paths('comfy')).toEqual(['comfy/unet/x.safetensors', 'comfy/vae/y.safetensors']);
  });

  test('with shards among other models gives the set once', async () => {
    expect(await paths('mixed')).toEqual(['mixed/big.safetensors.index.json', 'mixed/other.safetensors']);
  });

  test('without a model is a usage error', async () => {
    await expect(paths('nothing')).rejects.toThrow('no model file in "nothing"');
  });
});

describe('a name', () => {
  test('of one shard stands for the set', async () => {
    expect(await paths('mixed/big-00002-of-00002.safetensors')).toEqual(['mixed/big.safetensors.index.json']);
    const { path, open } = await singleTarget('shards/big-00002-of-00002.safetensors', cwd);
    expect(path).toBe('shards/big-00001-of-00002.safetensors');
    const { container, files } = await open(openCheckpoint);
    expect([container, files.length]).toEqual(['safetensors-sharded', 2]);
  });

  test('that exists is that file, whatever characters it has', async () => {
    for (const name of FILES.filter((file) => file.startsWith('odd/')))
      expect(await paths(name)).toEqual([name]);
  });

  test('given twice is one target', async () => {
    expect(await paths('walk/b.safetensors', './walk/b.safetensors', 'walk/*.safetensors')).toEqual([
      'walk/b.safetensors',
    ]);
  });

  test('that is a link is followed', async () => {
    expect(await paths('walk/link.safetensors')).toEqual(['walk/link.safetensors']);
  });

  test('of nothing is a usage error', async () => {
    await expect(paths('absent.safetensors')).rejects.toThrow('no such file or folder: "absent.safetensors"');
    await expect(singleTarget('absent', cwd)).rejects.toThrow('no such file or folder: "absent"');
  });
});

describe('a pattern', () => {
  test('matches models and folders, in order', async () => {
    expect(await paths('walk/**/*.safetensors')).toEqual([
      'walk/b.safetensors',
      'walk/pipe/unet/diffusion_pytorch_model.safetensors',
    ]);
    expect((await findTargets(['walk/*.safetensors'], cwd)).passedOver).toEqual([
      { path: 'walk/link.safetensors', reason: 'a symbolic link; name it yourself to have it checked' },
    ]);
    expect(await paths('{lone,shards}')).toEqual(['lone', 'shards']);
  });

  test('passes over what is no model', async () => {
    await expect(paths('nothing/*')).rejects.toThrow('no model file matches "nothing/*"');
  });
});

test('the order of arguments does not change what is found', async () => {
  const forth = await paths('walk', 'lone');
  const back = await paths('lone', 'walk');
  expect([...back].sort()).toEqual([...forth].sort());
});
