import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/bytes/memory.ts';
import type { ByteSource } from '../../src/bytes/source.ts';
import type { Tensor } from '../../src/formats/checkpoint.ts';
import { openTree } from '../../src/bytes/file.ts';
import { identifyComponents } from '../../src/components/index.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import { isBlock } from '../../src/formats/dtype.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { readTensor } from '../../src/formats/read-tensor.ts';
import { blocksOf } from '../../src/topology/net.ts';
import { tensorReader } from '../../src/values/index.ts';
import { NetWeights } from '../../src/values/weights.ts';

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

  test('that does not lie in C order reads it all, once', async () => {
    const { source, reads } = counted();
    const read = tensorReader(async () => source);
    const rows = [2, 5, 8, 11, 3, 6, 9, 12, 4, 7, 10, 13];
    for (const from of [0, 4, 8]) {
      expect([...(await read(TURNED, { from, to: from + 4 }))]).toEqual(rows.slice(from, from + 4));
    }
    expect([...(await read(TURNED))]).toEqual(rows);
    expect(reads).toEqual([12]);
    await read({ ...TURNED, name: 'other' });
    expect(reads).toEqual([12, 12]);
  });
});

test('rows of quantised weights are had where blocks go on from one into the next', async () => {
  const source = await (await openTree('fixtures/containers')).open('net-q4_k.gguf');
  const [component] = identifyComponents(await openCheckpoint(source));
  const net = component?.net;
  if (net === undefined) throw new Error('no net');
  const weights = new NetWeights(
    net,
    tensorReader(async () => source),
  );
  let split = 0;
  for (const { canonical, tensor } of blocksOf(net).flatMap(({ tensors }) => tensors)) {
    const [rows = 0] = tensor.shape;
    if (!isBlock(tensor.dtype) || tensor.shape.length < 2 || rows < 3) continue;
    const matrix = await weights.matrix(canonical.replace(/\.weight$/, ''));
    const whole = decodeFloats(await readTensor(source, tensor), tensor.dtype);
    const row = whole.length / rows;
    if (row % 256 !== 0) split += 1;
    expect(await matrix?.slice(1, 3)).toEqual(whole.subarray(row, 3 * row));
    expect(await matrix?.slice(rows - 1, rows)).toEqual(whole.subarray(row * (rows - 1)));
  }
  expect(split).toBeGreaterThan(10);
  await source.close();
});
