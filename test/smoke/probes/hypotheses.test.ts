import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Conventions } from '../../../src/smoke/compile/conventions.ts';
import {
  compareReadings,
  fittedBy,
  hypothesesOf,
  isOpen,
  settledBy,
} from '../../../src/smoke/probes/hypotheses.ts';
import type { Refit } from '../../../src/smoke/probes/refit.ts';
import { ungarble } from '../../cli/session.ts';
import { readListing } from '../../build/listing.ts';
import { reconstruct } from '../../../src/topology/reconstruct.ts';
import type { Net } from '../../../src/topology/net.ts';

const CONVENTIONS = {
  flipSinToCos: true,
  freqShift: 0,
  downsamplePadding: 1,
  normGroups: 32,
  normEps: 1e-5,
  activations: { resnet: 'silu', head: 'silu', time: 'silu', projected: 'silu' },
} as Conventions;

describe('the other readings of a net', () => {
  const net = reconstruct(readListing('fixtures/listings/sd1-ldm.txt'), '').net as Net;

  test('are those that its shapes allow', () => {
    const readings = hypothesesOf(net, CONVENTIONS).map(({ about, assumed, other }) => [
      about,
      assumed,
      other,
    ]);
    expect(readings).toEqual([
      ['sinusoid', 'cosine first', 'sine first'],
      ['frequency shift', '0', '1'],
      ['downsample padding', '1', '0'],
      ['norm groups', '32', '64'],
      ['norm groups', '32', '16'],
      ['activation', 'silu', 'gelu'],
    ]);
  });

  test('have another activation wherever that of the resnets stands', () => {
    const activations = { resnet: 'gelu', head: 'silu', time: 'silu', projected: 'gelu' } as const;
    const found = hypothesesOf(net, { ...CONVENTIONS, activations });
    expect(found.find(({ about }) => about === 'activation')).toMatchObject({
      assumed: 'gelu',
      other: 'silu',
      conventions: { activations: { resnet: 'silu', head: 'silu', time: 'silu', projected: 'silu' } },
    });
  });

  test("beside a pooled text, also the order in which it stands with the picture's sizes", () => {
    const xl = reconstruct(readListing('fixtures/listings/sdxl-ldm.txt'), '').net as Net;
    const addedTime = { width: 256, ids: 6 };
    const found = hypothesesOf(xl, { ...CONVENTIONS, addedTime });
    expect(found.find(({ about }) => about === 'added conditioning')).toMatchObject({
      assumed: 'pooled text, then sizes',
      conventions: { addedTime: { ...addedTime, idsFirst: true } },
    });
  });

  test('change nothing else', () => {
    const [sinusoid] = hypothesesOf(net, CONVENTIONS);
    expect(sinusoid?.conventions).toEqual({ ...CONVENTIONS, flipSinToCos: false });
  });
});

describe('a reading that the errors leave open', () => {
  const reading = {
    about: 'downsample padding',
    assumed: '0',
    other: '1',
    margin: -0.07,
    error: 0.05,
    better: 'neither',
  } as const;

  test('is one that matters', () => {
    expect(isOpen(reading)).toBe(true);
    expect(isOpen({ ...reading, better: 'assumed' })).toBe(false);
    expect(isOpen({ ...reading, margin: 0.004, error: 0.01 })).toBe(false);
  });

  test.each([
    ['other', 0.077, 0.013, 0.008],
    ['assumed', 0.013, 0.077, 0.008],
    ['neither', 0.06, 0.04, 0.002],
    ['neither', 0.2, 0.05, 0.05],
  ])('is settled by the last layer that is nearer to rest: %s', (better, own, others, error) => {
    const [assumed, other] = [own, others].map((share) => ({ share, error })) as [Refit, Refit];
    expect(settledBy(reading, assumed, other)).toEqual({ ...reading, refits: { assumed, other }, better });
  });
});

test.each([
  ['other', 5.3],
  ['assumed', -5.3],
  ['neither', 2.1],
  ['neither', -2.1],
])(
  'one that is open still is settled by what the layers are given better, far beyond chance: %s',
  (better, fits) => {
    const reading = { about: 'activation', assumed: 'gelu', other: 'silu', margin: 0.03, error: 0.04 };
    expect(fittedBy({ ...reading, better: 'neither' }, fits)).toEqual({ ...reading, fits, better });
  },
);

describe('two readings compared', () => {
  const readings = { about: 'norm groups', assumed: '8', other: '4' };
  const assumed = [-2, -2.1, -3, -3.2];

  test('the other is better where it misses less, far beyond chance', () => {
    const found = compareReadings(
      readings,
      assumed,
      assumed.map((error) => error - 0.4),
    );
    expect(found).toMatchObject({ better: 'other' });
    expect(found.margin).toBeCloseTo(0.4, 12);
  });

  test('neither is, where they miss alike or now one, now the other', () => {
    expect(compareReadings(readings, assumed, assumed).better).toBe('neither');
    const mixed = assumed.map((error, index) => error + (index % 2 === 0 ? 0.5 : -0.7));
    expect(compareReadings(readings, assumed, mixed).better).toBe('neither');
  });

  test('a reading that gives no numbers is never better', () => {
    const broken = assumed.map(() => Number.NaN);
    expect(compareReadings(readings, assumed, broken).better).toBe('assumed');
  });
});

describe('a trained net whose config is wrong', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'readings-'));
    cpSync(resolve('fixtures/garble/cross-eps'), join(folder, 'net'), { recursive: true });
    symlinkSync(resolve('fixtures'), join(folder, 'fixtures'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['downsample_padding', 0, 'downsample padding', '1'],
    ['flip_sin_to_cos', false, 'sinusoid', 'cosine first'],
    ['act_fn', 'gelu', 'activation', 'silu'],
  ])('in %s denoises better as it was trained', async (key, wrong, about, right) => {
    const path = join(folder, 'net/unet/config.json');
    const truth = readFileSync('fixtures/garble/cross-eps/unet/config.json', 'utf8');
    writeFileSync(path, JSON.stringify({ ...(JSON.parse(truth) as object), [key]: wrong }));
    const { code, stdout } = await ungarble(['smoke', 'net', '--device', 'cpu', '--json'], folder);
    expect(code).toBe(1);
    const { verdict } = JSON.parse(stdout);
    const better = verdict.read.readings.filter((each: { better: string }) => each.better === 'other');
    expect(better).toMatchObject([{ about, other: right }]);
  });
});
