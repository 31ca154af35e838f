import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../src/cli/exit.ts';
import { writeWhole, WriteError } from '../../src/cli/output.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'output-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const BYTES = Uint8Array.of(1, 2, 3);

describe('a file is written whole or not at all', () => {
  test('under its name, with nothing beside it', async () => {
    await writeWhole(join(folder, 'a.png'), BYTES, false);
    expect(readdirSync(folder)).toEqual(['a.png']);
    expect([...readFileSync(join(folder, 'a.png'))]).toEqual([1, 2, 3]);
  });

  test('never over another', async () => {
    const path = join(folder, 'a.png');
    writeFileSync(path, 'mine');
    await expect(writeWhole(path, BYTES, false)).rejects.toThrow(UsageError);
    expect(readFileSync(path, 'utf8')).toBe('mine');
    expect(readdirSync(folder)).toEqual(['a.png']);
  });

  test('over another where that is asked for', async () => {
    const path = join(folder, 'a.png');
    writeFileSync(path, 'old');
    await writeWhole(path, BYTES, true);
    expect([...readFileSync(path)]).toEqual([1, 2, 3]);
  });

  test('a folder that is not there, and one that is in its place', async () => {
    const absent = writeWhole(join(folder, 'no/a.png'), BYTES, false);
    await expect(absent).rejects.toThrow(
      new WriteError(`${folder}/no/a.png could not be written: there is no such folder`),
    );
    await expect(writeWhole(folder, BYTES, true)).rejects.toThrow(WriteError);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.skipIf(process.getuid?.() === 0)(
    'a folder that may not be written to (not asked as root)',
    async () => {
      chmodSync(folder, 0o500);
      await expect(writeWhole(join(folder, 'a.png'), BYTES, false)).rejects.toThrow('permission denied');
      chmodSync(folder, 0o700);
    },
  );
});
