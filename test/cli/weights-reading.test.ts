import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { readWeightsAside, readWeightsHere, type WeightsReading } from '../../src/cli/weights-reading.ts';
import { openFile } from '../../src/bytes/file.ts';
import { identifyComponents } from '../../src/components/index.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import type { Net } from '../../src/topology/net.ts';
import { SHAPES } from '../values/memory-net.ts';

const WORKER = new URL('../../dist/weights-worker.js', import.meta.url);
const built = existsSync(WORKER);
if (!built) console.warn('dist/weights-worker.js is absent, its tests are skipped: run `npm run build`');

const FILE = SHAPES['sd1-v'];
const folder = mkdtempSync(join(tmpdir(), 'weights-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function netOf(path: string): Promise<Net> {
  const source = await openFile(path);
  const components = identifyComponents(await openCheckpoint(source));
  await source.close();
  return components.find(({ kind }) => kind === 'unet')?.net as Net;
}

async function readings({ wiring, numbers, close }: WeightsReading) {
  try {
    return await Promise.all([wiring, numbers]);
  } finally {
    await close();
  }
}

/** Both, as promises that were rejected. */
async function refusals({ wiring, numbers, close }: WeightsReading): Promise<readonly unknown[]> {
  const ended = await Promise.allSettled([wiring, numbers]);
  await close();
  return ended.map((each) => (each.status === 'rejected' ? each.reason : each.value));
}

describe.skipIf(!built)('the weights read in a thread of their own', () => {
  test('say what they say in this one', async () => {
    const request = { net: await netOf(FILE), files: [FILE] };
    const [wiring, numbers] = await readings(readWeightsAside(WORKER)(request));
    expect([wiring, numbers]).toEqual(await readings(readWeightsHere(request)));
    expect(wiring.ports.length).toBeGreaterThan(20);
    expect(numbers.matrices).toBeGreaterThan(20);
  }, 120_000);

  test('refuse what cannot be read, in the same words', async () => {
    const request = { net: await netOf(FILE), files: [join(folder, 'gone.safetensors')] };
    const [wiring, numbers] = await refusals(readWeightsAside(WORKER)(request));
    expect(wiring).toMatchObject({
      name: 'ReadError',
      code: 'absent',
      reason: 'there is no such file or folder',
    });
    expect(numbers).toEqual(wiring);
    expect((await refusals(readWeightsHere(request)))[0]).toEqual(wiring);
  }, 120_000);

  test('can be ended at any time', async () => {
    const net = await netOf(FILE);
    const { wiring, numbers, close } = readWeightsAside(WORKER)({ net, files: [FILE] });
    const ended = Promise.allSettled([wiring, numbers]);
    await close();
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  }, 120_000);

  test('a thread that does not start is told', async () => {
    const net = await netOf(FILE);
    const script = pathToFileURL(join(folder, 'no-thread.js'));
    for (const why of await refusals(readWeightsAside(script)({ net, files: [FILE] }))) {
      expect(why).toMatchObject({ code: expect.stringMatching(/MODULE_NOT_FOUND$/) });
    }
  }, 120_000);
});
