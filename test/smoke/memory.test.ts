import { expect, test } from 'vitest';
import { availableMemory } from '../../src/cli/memory.ts';
import { elementCount } from '../../src/formats/checkpoint.ts';
import { byteLengthOf } from '../../src/formats/dtype.ts';
import { EngineError } from '../../src/smoke/engine.ts';
import { checkMemory, estimateMemory } from '../../src/smoke/memory.ts';
import type { Net } from '../../src/topology/net.ts';
import { reconstruct } from '../../src/topology/reconstruct.ts';
import { LISTINGS, readListing } from '../build/listing.ts';

function listed(id: string): Net {
  const tensors = readListing(`${LISTINGS}/${id}.txt`).map(({ name, tensor }) => {
    const byteLength = byteLengthOf(tensor.dtype, elementCount(tensor.shape));
    return { name, tensor: { ...tensor, byteLength } };
  });
  const { net } = reconstruct(tensors, '');
  if (net === undefined) throw new Error(`no net in ${id}`);
  return net;
}

const sd1 = listed('sd1-ldm');
const square = (side: number, batch = 1) => ({ width: side, height: side, batch });

test('weights count in float32, whatever the file', () => {
  expect(estimateMemory(sd1, square(16)).weights).toBe(4 * 859_520_964);
  expect(estimateMemory(listed('sdxl-ldm'), square(16)).weights).toBe(4 * 2_567_463_684);
});

test.each([
  // peak of a whole process that loads and runs a net of SD1's size, float16 file, two threads, on Linux
  [16, 3_678_000_000],
  [64, 3_678_000_000],
])('at a latent of %i the estimate is above what was measured, and by less than a quarter', (side, peak) => {
  const { total } = estimateMemory(sd1, square(side));
  expect(total).toBeGreaterThan(peak);
  expect(total).toBeLessThan(1.25 * peak);
});

test('activations grow with the area and the batch; written-out attention adds its scores', () => {
  const [one, four, two] = [square(32), square(64), square(32, 2)].map(
    (size) => estimateMemory(sd1, size).activations,
  );
  expect(four).toBe(4 * Number(one));
  expect(two).toBe(2 * Number(one));
  const { activations } = estimateMemory(sd1, { ...square(64), device: 'webgpu' });
  // 8 heads, 4096 pixels to 4096 pixels, twice
  expect(activations).toBeGreaterThan(2 * 8 * 4096 ** 2 * 4);
});

test('what cannot fit is refused with both figures', () => {
  const estimate = estimateMemory(sd1, square(64));
  expect(() => checkMemory(estimate, estimate.total)).not.toThrow();
  expect(() => checkMemory(estimate, 2.04e9)).toThrow(EngineError);
  expect(() => checkMemory(estimate, 2.04e9)).toThrow(
    /^the net needs about [34]\.\d GB of memory, and 2\.0 GB is free$/,
  );
});

const machine = (files: Readonly<Record<string, string>>) => (path: string) =>
  path in files ? Promise.resolve(String(files[path])) : Promise.reject(new Error('ENOENT'));
const MEMINFO = { '/proc/meminfo': 'MemTotal: 9000 kB\nMemAvailable:    8000 kB\n' };

test.each([
  ['what the system has', {}, 8_192_000],
  [
    'what a group of version 2 leaves, files that can be dropped not counted',
    {
      '/proc/self/cgroup': '0::/a/b\n',
      '/sys/fs/cgroup/a/memory.max': '5000000\n',
      '/sys/fs/cgroup/a/memory.current': '3000000\n',
      '/sys/fs/cgroup/a/memory.stat': 'anon 1\ninactive_file 500000\n',
      '/sys/fs/cgroup/a/b/memory.max': 'max\n',
      '/sys/fs/cgroup/a/b/memory.current': '1\n',
    },
    2_500_000,
  ],
  [
    'what a container of version 1 leaves, which sees its own group as the root',
    {
      '/proc/self/cgroup': '3:cpu:/docker/x\n2:memory:/docker/x\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '4000000\n',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '1000000\n',
    },
    3_000_000,
  ],
  [
    'nothing where a group is over its limit',
    {
      '/proc/self/cgroup': '0::/\n',
      '/sys/fs/cgroup/memory.max': '10\n',
      '/sys/fs/cgroup/memory.current': '20\n',
    },
    0,
  ],
])('memory that can be had: %s', async (_, files, bytes) => {
  expect(await availableMemory(machine({ ...MEMINFO, ...files }))).toBe(bytes);
});

test('memory that can be had here is some', async () => {
  expect(await availableMemory()).toBeGreaterThan(1e6);
});
