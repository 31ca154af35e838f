import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../src/bytes/memory.ts';
import { identifyComponents } from '../../src/components/index.ts';
import { knownSchedules } from '../../src/schedule/fingerprint.ts';
import { betasHash, identityOf, type Lock, type LockData, lockData } from '../../src/setup/lock.ts';
import { readAgainst } from '../../src/setup/sources/index.ts';
import { parting } from '../../src/setup/trained.ts';
import { checkpoint, type CheckpointSpec } from '../build/checkpoint.ts';
import { as, golden, replaced, sd1, without } from '../build/parts.ts';
import { refusal, setupOf } from './sources/read.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../schemas/lock.schema.json', import.meta.url), 'utf8'),
) as object;

async function pinned(spec: CheckpointSpec, setup?: object): Promise<LockData> {
  const opened = checkpoint(spec);
  const components = identifyComponents(opened);
  const net = components.find(({ kind }) => kind === 'unet')?.net;
  if (net === undefined) throw new Error('no net');
  return lockData(
    opened,
    components,
    net,
    setup === undefined ? undefined : await setupOf(setup, 'setup.json'),
  );
}

async function read(data: object): Promise<Lock> {
  const bytes = new TextEncoder().encode(JSON.stringify(data));
  const { locks } = await readAgainst(memorySource('ungarble.lock.json', bytes));
  if (locks[0] === undefined) throw new Error('no lock');
  return locks[0];
}

const SD1: CheckpointSpec = { parts: [{ tensors: sd1() }] };

test('a lock is as its schema says, and is read back as it was written', async () => {
  const data = await pinned(SD1, { prediction_type: 'v_prediction', steps: 20 });
  expect(new Ajv2020({ allowUnionTypes: true }).validate(schema, data)).toBe(true);
  const lock = await read(data);
  expect(lock.setup.fields).toEqual(data.setup);
  expect(lock.identity).toEqual(data.identity);
  expect(lock.betas_sha256).toBe(data.schedule?.betas_sha256);
});

test('the setup counts over what is assumed, and how a picture is drawn is no part of it', async () => {
  const { setup, with: made } = await pinned(SD1, {
    prediction_type: 'v_prediction',
    steps: 20,
    sampler: 'euler',
    resolution: { width: 640, height: 512 },
  });
  expect(made).toBe('setup.json');
  expect(setup.prediction_type).toMatchObject({ value: 'v_prediction', known: 'declared' });
  expect(setup.beta_end).toMatchObject({ value: 0.012, known: 'convention' });
  expect(setup.resolution?.value).toEqual({ width: 512, height: 512 });
  expect(setup.steps).toBeUndefined();
  expect(setup.sampler).toBeUndefined();
});

describe('the hash of the betas', () => {
  const sd = knownSchedules.find(({ id }) => id === 'sd')?.settings;
  if (sd === undefined) throw new Error('no schedule');

  test('is one for all ways of saying the same', async () => {
    const hash = await betasHash(sd);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await betasHash({ ...sd })).toBe(hash);
  });

  test.each([
    ['an end', { beta_end: 0.0120001 }],
    ['the shape', { beta_schedule: 'linear' as const }],
    ['the count', { num_train_timesteps: 999 }],
    ['zero terminal SNR', { rescale_betas_zero_snr: true }],
  ])('changes with %s', async (_, change) => {
    expect(await betasHash({ ...sd, ...change })).not.toBe(await betasHash(sd));
  });

  test('schedules part where they first differ', () => {
    expect(parting(sd, { ...sd })).toBeUndefined();
    expect(parting(sd, { ...sd, beta_start: 0.0009 })?.timestep).toBe(0);
    // both ends are the same, and the first β too
    const linear = parting(sd, { ...sd, beta_schedule: 'linear' });
    expect(linear?.timestep).toBe(1);
    expect(linear?.one).toBeLessThan(linear?.other ?? 0);
    expect(parting(sd, { ...sd, num_train_timesteps: 500 })?.timestep).toBeLessThan(500);
  });
});

describe('the identity', () => {
  const of = (spec: CheckpointSpec) => identityOf(identifyComponents(checkpoint(spec)));

  test('of a net is the same in both layouts and in every dtype', async () => {
    const ldm = await of({ parts: [{ tensors: golden('sd1-ldm', 'model.diffusion_model.') }] });
    const diffusers = await of({ parts: [{ name: 'unet', tensors: as('F16', golden('sd1-diffusers')) }] });
    expect(ldm.topology_sha256).toBe(diffusers.topology_sha256);
  });

  test('changes with a shape, and with a layer of the text encoder', async () => {
    const plain = await of(SD1);
    const wide = replaced(sd1(), ['model.diffusion_model.input_blocks.0.0.weight', [320, 9, 3, 3], 'F32']);
    expect((await of({ parts: [{ tensors: wide }] })).topology_sha256).not.toBe(plain.topology_sha256);
    const short = await of({ parts: [{ tensors: without(sd1(), 'layers.11.') }] });
    expect(short.text_encoders[0]?.header_sha256).not.toBe(plain.text_encoders[0]?.header_sha256);
  });
});

describe('a lock that is refused', () => {
  test('with its numbers changed by hand', async () => {
    const data = await pinned(SD1);
    const changed = { ...data, setup: { ...data.setup, beta_end: { ...data.setup.beta_end, value: 0.013 } } };
    expect((await refusal(changed)).message).toContain('changed by hand');
  });

  test('without its hash', async () => {
    const { schedule: _, ...rest } = await pinned(SD1);
    expect((await refusal(rest)).message).toContain('changed by hand');
  });

  test('with a wrong value, told with its place', async () => {
    const data = await pinned(SD1);
    const { issues } = await refusal({ ...data, identity: { text_encoders: 3 } });
    expect(issues).toEqual([
      { pointer: '/identity/text_encoders', found: '3', expected: 'a list of text encoders' },
    ]);
  });
});
