import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casesOf } from '../../bench/garble/cases.ts';
import { canHold, tensorEdit, writeModel } from '../../bench/garble/edit.ts';
import { encodeFloats } from '../../bench/garble/encode.ts';
import { Subject } from '../../bench/garble/subject.ts';
import { inBlocks } from '../../bench/garble/third/as-blocks.ts';
import { openFile } from '../../src/bytes/file.ts';
import { openSession } from '../../src/cli/open-session.ts';
import { identifyComponents } from '../../src/components/index.ts';
import type { Tensor } from '../../src/formats/checkpoint.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { blocksOf } from '../../src/topology/net.ts';
import { inputsIn, relativeError, tensorIn } from '../smoke/golden.ts';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'garble-third-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('a model that carries its graph', () => {
  const PATH = 'fixtures/onnx/unet-script.onnx';

  it('is changed in place, with what was stored otherwise as it is read', async () => {
    const subject = await Subject.open(PATH);
    const tensor = subject.tensor('conv_in.weight');
    const rounded = encodeFloats(subject.numbers(tensor), 'F16');
    const edit = { tensors: new Map([[tensor, { dtype: 'F16', bytes: rounded } as const]]) };
    const after = await Subject.open(await writeModel(subject, edit, join(scratch, 'rounded')));
    expect(after.floats('conv_in.weight')).toEqual(decodeFloats(rounded, 'F16'));
    expect(after.floats('conv_in.weight')).not.toEqual(subject.floats('conv_in.weight'));
    const [old, now] = [subject.file(0).slice(), after.file(0)];
    old.set(after.bytes(after.tensor('conv_in.weight')), tensor.offset);
    expect(now).toEqual(old);
  });

  it('is cut where the file is to be shorter, and takes nothing beside its own', async () => {
    const subject = await Subject.open(PATH);
    const path = await writeModel(subject, { kept: 0.5 }, join(scratch, 'cut'));
    expect((await readFile(path)).length).toBe(Math.floor(subject.file(0).length / 2));
    expect(canHold(subject, { kept: 0.5 })).toBe(true);
    expect(canHold(subject, tensorEdit(new Map()))).toBe(true);
    expect(canHold(subject, { beside: [] })).toBe(false);
    expect(canHold(subject, { metadata: new Map() })).toBe(false);
  });
});

const WEIGHTS = '../shared/data/real-unets/franfee-mnist-ddpm.pth';

describe.skipIf(!existsSync(WEIGHTS))(`the names of ${WEIGHTS}`, () => {
  it('are those of blocks, each tensor once', async () => {
    const source = await openFile(WEIGHTS);
    const unet = identifyComponents(await openCheckpoint(source)).find(({ kind }) => kind === 'unet');
    await source.close();
    if (unet?.net === undefined) throw new Error('no U-Net');
    const net = inBlocks(unet.net, unet.tensors);
    const owned = blocksOf(net).flatMap(({ tensors }) => tensors);
    expect(new Set(owned.map(({ canonical }) => canonical)).size).toBe(133);
    expect(blocksOf(net).filter(({ kind }) => kind === 'resnet')).toHaveLength(14);
    expect(
      net.skips.map(({ producer, consumer, channels, below }) => [producer, consumer, channels, below]),
    ).toEqual([
      ['down_blocks.2.resnets.1', 'up_blocks.0.resnets.0', 40, 40],
      ['down_blocks.1.resnets.1', 'up_blocks.1.resnets.0', 20, 20],
      ['down_blocks.0.resnets.1', 'up_blocks.2.resnets.0', 10, 10],
    ]);
    const tensor = owned[0]?.tensor as Tensor;
    expect(() => inBlocks(net, [{ name: 'other.weight', tensor }])).toThrow('other.weight');
  });
});

const MADE = 'bench/out/third';

/** Where `bench/garble/third/mnist_ddpm.py` made it. */
describe.skipIf(!existsSync(join(MADE, 'mnist-ddpm')))(`${MADE}/mnist-ddpm`, () => {
  it('gives what torch gives', async () => {
    const values = await readFile(join(MADE, 'golden.safetensors'));
    const { session, close } = await openSession(join(MADE, 'mnist-ddpm'), { device: 'cpu', threads: 1 });
    try {
      const results = await (await session.unet()).run(inputsIn(values, session.graph));
      expect(relativeError(results.get('out_sample'), tensorIn(values, 'out_sample'))).toBeLessThan(1e-5);
    } finally {
      await close();
    }
  });

  it('is damaged in many kinds, the same each time', async () => {
    const subject = await Subject.open(join(MADE, 'mnist-ddpm'));
    const done = new Set<string>();
    const wrong: string[] = [];
    for (const each of casesOf('mnist-ddpm', 'one')) {
      const [edit, again] = [await each.make({ subject }), await each.make({ subject })];
      if (edit === undefined || !canHold(subject, edit)) continue;
      done.add(each.kind);
      const bytes = (of: typeof edit | undefined): string =>
        [...(of?.tensors ?? [])]
          .map(([{ name }, stored]) => `${name} ${Buffer.from(stored.bytes).toString('base64')}`)
          .join();
      if (bytes(edit) !== bytes(again)) wrong.push(each.id);
      for (const [tensor, stored] of edit.tensors ?? [])
        if (decodeFloats(stored.bytes, stored.dtype).length !== subject.numbers(tensor).length)
          wrong.push(each.id);
    }
    expect(wrong).toEqual([]);
    expect(done.size).toBeGreaterThanOrEqual(45);
  });
});
