import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Budget } from '../../src/bytes/budget.ts';
import { openFile, openTree } from '../../src/bytes/file.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { assemble, entry, soundFile } from '../build/safetensors.ts';

/** A program of every Unix. */
const MAKE_FIFO = 'mkfifo';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ungarble-bytes-'));
});

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

async function write(path: string, content: string | Uint8Array = 'content'): Promise<string> {
  const full = join(root, path);
  await mkdir(join(full, '..'), { recursive: true });
  await writeFile(full, content);
  return full;
}

describe('a file', () => {
  it('is read by position', async () => {
    const source = await openFile(await write('digits', '0123456789'), 'digits');
    expect([source.name, source.size]).toEqual(['digits', 10]);
    expect(await source.read(3, 4)).toEqual(new TextEncoder().encode('3456'));
    expect(await source.read(10, 0)).toEqual(new Uint8Array(0));
    await source.close();
  });

  it.each([
    [-1, 1],
    [0, 11],
    [11, 0],
    [0.5, 1],
    [0, -1],
    [2 ** 60, 2 ** 60],
  ])('refuses the range %d, %d', async (offset, length) => {
    const source = await openFile(await write('range', '0123456789'));
    await expect(source.read(offset, length)).rejects.toMatchObject({ name: 'ReadError', code: 'range' });
    await source.close();
  });

  it('that shrinks, grows or is written is not read on', async () => {
    const path = await write('changing', '0123456789');
    const shrunk = await openFile(path);
    await truncate(path, 5);
    await expect(shrunk.read(0, 10)).rejects.toMatchObject({ code: 'short' });
    await expect(shrunk.read(0, 2)).rejects.toMatchObject({ code: 'changed' });
    await shrunk.close();
    const touched = await openFile(path);
    await utimes(path, new Date(0), new Date(0));
    await expect(touched.read(0, 2)).rejects.toMatchObject({ code: 'changed' });
    await touched.close();
  });

  it('is absent, a folder, a FIFO or a device', async () => {
    await expect(openFile(join(root, 'nothing'))).rejects.toMatchObject({ code: 'absent' });
    await expect(openFile(root)).rejects.toMatchObject({ code: 'refused' });
    if (process.platform === 'win32') return;
    execFileSync(MAKE_FIFO, [join(root, 'fifo')]);
    await expect(openFile(join(root, 'fifo'))).rejects.toMatchObject({ code: 'refused' });
    await expect(openFile('/dev/zero')).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('a sparse file of 6.9 GB', () => {
  it('is inspected by its header, and by its end for a second format', async () => {
    const path = join(root, 'sdxl.safetensors');
    const size = 6_900_000_000;
    const header = assemble(`{${entry('a', 'F16', [size / 2], 0, size)}}`, new Uint8Array(0));
    const handle = await open(path, 'w');
    await handle.write(header);
    await handle.truncate(header.length + size);
    await handle.close();
    // the longest end of a zip: its record and a comment of 65,535 bytes
    const budget = new Budget(header.length + 2048 + 22 + 65_535);
    const source = await openFile(path);
    const checkpoint = await openCheckpoint(budget.guard(source));
    await source.close();
    expect([checkpoint.faults, checkpoint.unchecked]).toEqual([[], []]);
    expect(checkpoint.parts[0]?.tensors).toMatchObject([{ byteLength: size }]);
    await rm(path);
  });
});

describe.skipIf(process.platform === 'win32')('a folder', () => {
  it('is listed by name, with sizes', async () => {
    await write('list/b.txt', '12345');
    await write('list/a/c.txt');
    const tree = await openTree(join(root, 'list'));
    expect(await tree.list('')).toEqual([
      { path: 'a', kind: 'folder', size: 0 },
      { path: 'b.txt', kind: 'file', size: 5 },
    ]);
    expect(await tree.list('a')).toEqual([{ path: 'a/c.txt', kind: 'file', size: 7 }]);
    expect(await tree.list('absent')).toEqual([]);
    expect(await tree.list('b.txt')).toEqual([]);
    await expect(openTree(join(root, 'list/b.txt'))).rejects.toMatchObject({ code: 'refused' });
  });

  it('opens the layout of the Hugging Face cache', async () => {
    await write('models--x--y/blobs/abc', soundFile());
    await mkdir(join(root, 'models--x--y/snapshots/rev/unet'), { recursive: true });
    const link = join(root, 'models--x--y/snapshots/rev/unet/diffusion_pytorch_model.safetensors');
    await symlink('../../../blobs/abc', link);
    for (const [folder, path] of [
      ['models--x--y/snapshots/rev', 'unet/diffusion_pytorch_model.safetensors'],
      ['models--x--y/snapshots/rev/unet', 'diffusion_pytorch_model.safetensors'],
    ] as const) {
      const tree = await openTree(join(root, folder));
      const source = await tree.open(path);
      expect([source.name, source.size]).toEqual([path, soundFile().length]);
      await source.close();
    }
    // the cache itself may be reached by a link
    await symlink(join(root, 'models--x--y/snapshots/rev'), join(root, 'my-model'));
    const tree = await openTree(join(root, 'my-model'));
    await (await tree.open('unet/diffusion_pytorch_model.safetensors')).close();
  });

  it('opens links within it, and none out of it', async () => {
    await write('secret/passwd');
    await write('links/real/file');
    await symlink('real/file', join(root, 'links/inside'));
    await symlink('../secret/passwd', join(root, 'links/outside'));
    await symlink('../secret', join(root, 'links/folder'));
    await symlink('nowhere', join(root, 'links/broken'));
    await symlink('circle', join(root, 'links/circle'));
    const tree = await openTree(join(root, 'links'));
    await (await tree.open('inside')).close();
    for (const path of [
      'outside',
      'folder/passwd',
      '../secret/passwd',
      '/etc/passwd',
      'real/../../secret/passwd',
      '',
      'real',
    ]) {
      await expect(tree.open(path)).rejects.toMatchObject({ name: 'ReadError', code: 'refused' });
    }
    await expect(tree.list('folder')).rejects.toMatchObject({ code: 'refused' });
    await expect(tree.open('broken')).rejects.toMatchObject({ code: 'absent' });
    await expect(tree.open('circle')).rejects.toMatchObject({ code: 'system' });
  });

  it('with the same prefix in its name is another folder', async () => {
    await write('model-2/file');
    await mkdir(join(root, 'model'), { recursive: true });
    await symlink('../model-2/file', join(root, 'model/file'));
    const tree = await openTree(join(root, 'model'));
    await expect(tree.open('file')).rejects.toMatchObject({ code: 'refused' });
  });

  it('called snapshots does not open what a `blobs` beside it leads to', async () => {
    await write('private/key');
    await mkdir(join(root, 'fake/snapshots/rev'), { recursive: true });
    await symlink('../private', join(root, 'fake/blobs'));
    await symlink('../../blobs/key', join(root, 'fake/snapshots/rev/key'));
    const tree = await openTree(join(root, 'fake/snapshots/rev'));
    await expect(tree.open('key')).rejects.toMatchObject({ code: 'refused' });
  });

  it('with a refused link in it is read but for that', async () => {
    await write('elsewhere/model.safetensors', soundFile());
    await write('linked/config.json', '{}');
    await symlink('../elsewhere/model.safetensors', join(root, 'linked/model.safetensors'));
    const { faults, parts } = await openCheckpoint(await openTree(join(root, 'linked')));
    expect(faults).toMatchObject([{ kind: 'path-refused', file: 'model.safetensors' }]);
    expect(parts).toMatchObject([{ tensors: [] }]);
  });
});
