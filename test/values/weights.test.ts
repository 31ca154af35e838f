import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/bytes/memory.ts';
import type { ByteSource } from '../../src/bytes/source.ts';
import type { Tensor } from '../../src/formats/checkpoint.ts';
import { tensorReader } from '../../src/values/index.ts';

/** Sixteen bytes that count up, and how many were read of them at each call. */
function counted(): { readonly source: ByteSource; readonly reads: number[] } {
  const reads: number[] = [];
  const memory = memorySource(
    'a',
    Uint8Array.from({ length: 16 }, (_, at) => at),
  );
  const read: ByteSource['read'] = (offset, length) => {
    reads.push(length);
    return memory.read(offset, length);
  };
  return { source: { ...memory, read }, reads };
}

const PLAIN: Tensor = { name: 'w', dtype: 'U8', shape: [3, 4], file: 0, offset: 2, byteLength: 12 };
const TURNED: Tensor = { ...PLAIN, layout: { strides: [1, 3], extent: 12 } };

describe('reading a part of a tensor', () => {
  test('takes no more from its file', async () => {
    const { source, reads } = counted();
    const read = tensorReader(async () => source);
    expect([...(await read(PLAIN, { from: 4, to: 8 }))]).toEqual([6, 7, 8, 9]);
    expect(reads).toEqual([4]);
    expect(await read(PLAIN)).toHaveLength(12);
  });

  test('that does not lie in C order takes it all, once', async () => {
    const { source, reads } = counted();
    const read = tensorReader(async () => source);
    const rows = [2, 5, 8, 11, 3, 6, 9, 12, 4, 7, 10, 13];
    for (const from of [0, 4, 8]) expect([...(await read(TURNED, { from, to: from + 4 }))]).toEqual(rows);
    expect(reads).toEqual([12]);
    await read({ ...TURNED, name: 'other' });
    expect(reads).toEqual([12, 12]);
  });
});
