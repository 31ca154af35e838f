import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { blockFits } from '../../../src/smoke/probes/block-fits.ts';
import { type Fit, readInputs } from '../../../src/smoke/probes/inputs.ts';
import { inputs } from '../../../src/smoke/probes/judge-weights.ts';
import { knownLevels, type Levels } from '../../../src/smoke/probes/levels.ts';
import { evidenceWords } from '../../../src/smoke/probes/words.ts';
import { blocksOf, type Net } from '../../../src/topology/net.ts';
import { changed, memoryNet } from '../../../bench/garble/damages/tensors.ts';
import { type Edit, writeModel } from '../../../bench/garble/edit.ts';
import { Subject } from '../../../bench/garble/subject.ts';
import { graft } from '../../values/damage.ts';
import { loadNet } from '../../values/memory-net.ts';
import { NET, opened } from './exchanging.ts';

const DONOR = 'fixtures/garble/plain-v/unet/diffusion_pytorch_model.safetensors';
const RESNETS = 11;

let net: Net;
beforeAll(async () => {
  ({ net } = await loadNet(join(NET, 'unet/diffusion_pytorch_model.safetensors')));
});

const resnets = (): readonly string[] =>
  blocksOf(net)
    .filter(({ kind }) => kind === 'resnet')
    .map(({ id }) => id);

/** First convolutions that fit by so many standard deviations each, and second ones by a hundred. */
function fitting(by: (index: number) => number) {
  const fits = resnets().flatMap((id, index): [string, Fit][] => [
    [`${id}.conv1:0`, { layer: `${id}.conv1`, size: by(index) / 10, scale: 10 }],
    [`${id}.conv2:0`, { layer: `${id}.conv2`, size: 10, scale: 10 }],
  ]);
  return blockFits(net, new Map(fits));
}

const unfit = (found: ReturnType<typeof blockFits>): readonly string[] =>
  found.filter(({ verdict }) => verdict === 'unfit').map(({ block }) => block);

describe('how blocks fit what they are given', () => {
  test('goes by what reads first in them, in the order in which they run', () => {
    const found = fitting((index) => 6 + index);
    expect(found.map(({ block }) => block)).toEqual(resnets());
    expect(found.map(({ fit }) => Math.round(fit))).toEqual(resnets().map((_, index) => 6 + index));
    expect(inputs(found)).toMatchObject([{ says: 'sound', finding: 'fit', measured: { fitting: RESNETS } }]);
  });

  test('what is read in two parts counts by the root of two', () => {
    const [id = ''] = resnets();
    const half = { layer: `${id}.conv1`, size: 0.5, scale: 10 };
    const [found] = blockFits(net, new Map([0, 1].map((from) => [`${id}.conv1:${from}`, half])));
    expect(found?.fit).toBeCloseTo(10 / Math.SQRT2);
  });

  test('one at chance among others that fit is named', () => {
    const found = fitting((index) => (index === 4 ? 1 : 9));
    expect(unfit(found)).toEqual([resnets()[4]]);
    const [evidence] = inputs(found);
    expect(evidence).toMatchObject({ probe: 'inputs', says: 'suspicious', place: resnets()[4] });
    expect(evidence && evidenceWords(evidence)).toBe(
      `${resnets()[4]} does not fit what it is given (1 standard deviations of chance), where nearly all others of its kind do: it, or what writes to it, is of another training or has its channels out of order.`,
    );
  });

  test('of two all but one in ten of the others fit, of three too few', () => {
    expect(unfit(fitting((index) => (index < 2 ? 1 : 9)))).toHaveLength(2);
    expect(unfit(fitting((index) => (index < 3 ? 1 : 9)))).toEqual([]);
  });

  test('one that is weak is not, nor any where most are', () => {
    expect(unfit(fitting((index) => (index === 4 ? 3 : 9)))).toEqual([]);
    const poor = fitting((index) => (index === 4 ? 9 : 1));
    expect(unfit(poor)).toEqual([]);
    expect(inputs(poor)).toMatchObject([{ says: 'unclear', finding: 'untold' }]);
  });

  test('nothing is said where nothing was looked at', () => {
    expect(inputs(undefined)).toEqual([]);
    expect(inputs(blockFits(net, new Map()))).toEqual([]);
  });
});

describe('in a run', () => {
  const levels = knownLevels(1000).find(({ id }) => id === 'ddpm') as Levels;

  async function read(path: string) {
    const { variants, net: own, close } = await opened(path);
    try {
      return blockFits(own, (await readInputs(variants, own, { type: 'epsilon', levels, seed: 0 })).fits);
    } finally {
      await close();
    }
  }

  test('a net as it was trained fits, and a resnet of another training does not', async () => {
    expect(unfit(await read(NET))).toEqual([]);
    const folder = await mkdtemp(join(tmpdir(), 'foreign-'));
    try {
      const subject = await Subject.open(NET);
      const own = memoryNet(subject);
      const values = graft(own, await loadNet(DONOR), 'up_blocks.1.resnets.0');
      const path = await writeModel(
        subject,
        changed(subject, own.values, values) as Edit,
        join(folder, 'net'),
      );
      expect(unfit(await read(path))).toContain('up_blocks.1.resnets.0');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
