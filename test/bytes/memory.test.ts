import { describe, expect, it } from 'vitest';
import { Budget } from '../../src/bytes/budget.ts';
import { memorySource, memoryTree } from '../../src/bytes/memory.ts';
import { fileNameRefusal, pathRefusal } from '../../src/bytes/path-policy.ts';

describe('a file name', () => {
  it.each(['model.safetensors', 'model-00001-of-00002.safetensors', 'a..b', '.hidden', 'naïve name', 'C'])(
    '%j is plain',
    (name) => {
      expect(fileNameRefusal(name)).toBeUndefined();
    },
  );

  it.each([
    '',
    '.',
    '..',
    '/etc/passwd',
    '../x',
    'a/b',
    'a/../b',
    'a\\b',
    '..\\x',
    '\\\\server\\share',
    'C:x',
    'c:\\x',
    'a\0b',
    'https://host/x',
    'file:///etc/passwd',
  ])('%j is refused', (name) => {
    expect(fileNameRefusal(name)).toBeTypeOf('string');
  });

  it('makes a path, part by part', () => {
    expect(pathRefusal('unet/config.json')).toBeUndefined();
    for (const path of ['', '/a', 'a/', 'a//b', 'a/../b', 'a\\b/c'])
      expect(pathRefusal(path)).toBeTypeOf('string');
  });
});

describe('a folder in memory', () => {
  const tree = memoryTree(
    'm',
    new Map(['unet/config.json', 'unet/x/y', 'model_index.json'].map((path) => [path, new Uint8Array(3)])),
  );

  it('lists what stands directly in a folder', async () => {
    expect(await tree.list('')).toEqual([
      { path: 'model_index.json', kind: 'file', size: 3 },
      { path: 'unet', kind: 'folder', size: 0 },
    ]);
    expect((await tree.list('unet')).map((entry) => entry.path)).toEqual(['unet/config.json', 'unet/x']);
    expect(await tree.list('une')).toEqual([]);
  });

  it('opens what is there and refuses the rest', async () => {
    expect((await tree.open('unet/x/y')).size).toBe(3);
    await expect(tree.open('unet')).rejects.toMatchObject({ code: 'absent' });
    await expect(tree.open('../unet')).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('a budget', () => {
  it('counts what is read and refuses what is beyond it', async () => {
    const budget = new Budget(10);
    const source = budget.guard(memorySource('m', new Uint8Array(100)));
    await source.read(0, 6);
    await source.read(50, 4);
    expect(budget.spent).toBe(10);
    await expect(source.read(0, 1)).rejects.toMatchObject({ name: 'ReadError', code: 'budget' });
    await source.close();
  });

  it('leaves a range outside the source to the source', async () => {
    await expect(memorySource('m', new Uint8Array(4)).read(2, 3)).rejects.toMatchObject({ code: 'range' });
  });
});
