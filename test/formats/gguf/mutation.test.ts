/** Every byte of a small header turned into others, and the file cut at every length: told, never thrown. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Budget } from '../../../src/bytes/budget.ts';
import { memorySource } from '../../../src/bytes/memory.ts';
import type { FileContent } from '../../../src/formats/reader.ts';
import { readGguf } from '../../../src/formats/gguf/index.ts';

const FILES = ['every-kind', 'aligned'].map(
  (name) => [name, new Uint8Array(readFileSync(`fixtures/gguf/${name}.gguf`))] as const,
);

async function read(bytes: Uint8Array): Promise<FileContent> {
  // what is read does not depend on what the header claims
  const budget = new Budget(2 * bytes.length);
  return readGguf(budget.guard(memorySource('m.gguf', bytes)));
}

/** What holds whatever stands in the file. */
function check({ file, tensors, metadata, faults }: FileContent, size: number): void {
  expect(file.headerLength).toBeLessThanOrEqual(size);
  expect(tensors.length).toBeLessThanOrEqual(size / 24);
  const numbers = tensors.flatMap(({ shape, offset, byteLength }) => [...shape, offset, byteLength]);
  expect(numbers.filter((number) => !Number.isSafeInteger(number) || number < 0)).toEqual([]);
  const kept = [...metadata].reduce((sum, [key, text]) => sum + key.length + text.length, 0);
  // a byte becomes four letters at most: `-128` of an INT8, and what stands between two of them
  expect(kept).toBeLessThanOrEqual(6 * size);
  expect(faults.length).toBeLessThan(200);
}

test.each(FILES)('each byte of the header of %s', async (_, sound) => {
  const { file } = await read(sound);
  let told = 0;
  for (let at = 0; at < file.headerLength; at += 1) {
    for (const change of [0x01, 0x80, 0xff]) {
      const bytes = sound.with(at, (sound[at] as number) ^ change);
      const content = await read(bytes);
      check(content, bytes.length);
      if (content.faults.length > 0) told += 1;
    }
  }
  // names, texts and numbers of the metadata may be anything: the rest shows
  expect(told).toBeGreaterThan(file.headerLength);
});

test.each(FILES)('%s, cut at every length', async (_, sound) => {
  const { tensors } = await read(sound);
  const end = Math.max(...tensors.map(({ offset, byteLength }) => offset + byteLength));
  for (let length = 4; length < sound.length; length += 1) {
    const content = await read(sound.subarray(0, length));
    check(content, length);
    const kinds = content.faults.map(({ kind }) => kind);
    expect(kinds).toHaveLength(length < end ? 1 : 0);
    expect(['gguf-header-cut', 'gguf-truncated']).toEqual(expect.arrayContaining(kinds));
  }
});
