import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { locate, openScratch, openWorkspace, removeAbandoned } from '../../src/bytes/workspace.ts';

/** As it stands in the names of temporary folders. */
const host = hostname().replaceAll(/[^\w.]/g, '_');

let folder = '';
beforeEach(async () => {
  folder = await realpath(mkdtempSync(join(tmpdir(), 'workspace-test-')));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(path: string, text = 'x'): string {
  const at = join(folder, path);
  mkdirSync(join(at, '..'), { recursive: true });
  writeFileSync(at, text);
  return at;
}

describe('the common folder of files', () => {
  test('of one file is its own', async () => {
    expect(await locate([file('a/model.bin')])).toEqual({ folder: join(folder, 'a'), paths: ['model.bin'] });
  });

  test('of several is the nearest that holds all', async () => {
    const files = [file('m/unet/net.bin'), file('m/vae/vae.bin'), file('m/te/te.bin')];
    expect(await locate(files)).toEqual({
      folder: join(folder, 'm'),
      paths: ['unet/net.bin', 'vae/vae.bin', 'te/te.bin'],
    });
  });

  test('a name that begins as another does is no folder of it', async () => {
    const files = [file('ab/x.bin'), file('abc/y.bin')];
    expect((await locate(files)).folder).toBe(folder);
  });

  test('follows links to where the bytes really lie, as in the Hugging Face cache', async () => {
    const blob = file('blobs/123');
    mkdirSync(join(folder, 'snapshots/main'), { recursive: true });
    const linked = join(folder, 'snapshots/main/model.safetensors');
    symlinkSync(blob, linked);
    expect(await locate([linked])).toEqual({ folder: join(folder, 'blobs'), paths: ['123'] });
  });

  test('says which file has gone', async () => {
    await expect(locate([join(folder, 'gone.bin')])).rejects.toThrow('gone.bin: it was there and is gone');
  });
});

describe('temporary files', () => {
  test('are written, read back, and gone when closed', async () => {
    const scratch = await openScratch(folder);
    const path = await scratch.write('a.bin', 6, async (write) => {
      await write(Uint8Array.of(1, 2, 3));
      await write(Uint8Array.of(4, 5, 6));
    });
    expect([...(await readFile(path))]).toEqual([1, 2, 3, 4, 5, 6]);
    await scratch.remove('a.bin');
    expect(existsSync(path)).toBe(false);
    await scratch.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a disk that is too small is found out before anything is written', async () => {
    const scratch = await openScratch(folder);
    let begun = false;
    const written = scratch.write('a.bin', 2 ** 60, async () => void (begun = true));
    await expect(written).rejects.toThrow(/MB are needed there for a time, .* MB are free/);
    expect(begun).toBe(false);
    await scratch.close();
  });

  test.runIf(existsSync('/dev/full'))('a disk that fills up while it is written to', async () => {
    const scratch = await openScratch(folder);
    symlinkSync('/dev/full', join(scratch.folder, 'full'));
    // the exclusive flag refuses the link itself, so the device is written through the sink that a file would be
    const { open } = await import('node:fs/promises');
    const device = await open('/dev/full', 'w');
    const filled = scratch.write('a.bin', 0, async () => void (await device.write(Uint8Array.of(1))));
    await expect(filled).rejects.toThrow('no temporary file can be written there: the disk is full');
    await device.close();
    await scratch.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a folder that cannot be written to', async () => {
    await expect(openScratch(join(folder, 'absent'))).rejects.toThrow(
      'no temporary file can be written there',
    );
  });
});

describe('what a killed run left behind', () => {
  /** A process that is no more. */
  const dead = (): number => spawnSync(process.execPath, ['-e', '']).pid;

  test('is removed by the next; what others use is not', async () => {
    const mine = `ungarble-${host}-${process.pid}-abc`;
    const elsewhere = `ungarble-otherhost-${dead()}-abc`;
    const kept = [mine, elsewhere, 'ungarble-notes', 'other'].toSorted();
    for (const name of kept) file(`${name}/part.f32`);
    file(`ungarble-${host}-${dead()}-xyz/part.f32`);
    await removeAbandoned(folder);
    expect(readdirSync(folder).toSorted()).toEqual(kept);
  });

  test('is removed when a run opens its own', async () => {
    file(`ungarble-${host}-${dead()}-xyz/part.f32`);
    const scratch = await openScratch(folder);
    expect(readdirSync(folder)).toHaveLength(1);
    await scratch.close();
  });
});

describe('a workspace', () => {
  test('reads the files, names places beside them, and leaves nothing', async () => {
    const files = [file('unet/net.bin', 'abcdef'), file('vae/vae.bin', '123456')];
    const workspace = await openWorkspace(files);
    expect(await (await workspace.source(1)).read(2, 3)).toEqual(new TextEncoder().encode('345'));
    const place = join(workspace.folder, workspace.temporary('t.bin'));
    await workspace.write('t.bin', 1, (write) => write(Uint8Array.of(7)));
    expect([...(await readFile(place))]).toEqual([7]);
    expect(workspace.paths.map((path) => join(workspace.folder, path))).toEqual(files);
    await workspace.close();
    expect(existsSync(place)).toBe(false);
  });

  test('leaves nothing when a file is not there', async () => {
    await expect(openWorkspace([join(folder, 'gone')])).rejects.toThrow('gone');
    const own = readdirSync(tmpdir()).filter((name) => name.startsWith(`ungarble-${host}-${process.pid}-`));
    expect(own).toEqual([]);
  });
});
