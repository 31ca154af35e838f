import { describe, expect, test } from 'vitest';
import { ruleOf, runRules } from '../../src/rules/index.ts';
import type { CheckpointSpec } from '../build/checkpoint.ts';
import { apiFlow } from '../build/flows.ts';
import { golden, sd1, sdxl } from '../build/parts.ts';
import { against, locked } from './fixtures/sched.ts';

/** What is found of a model in setups, as `SCHED001 error`. */
async function found(spec: CheckpointSpec, ...setups: readonly unknown[]): Promise<readonly string[]> {
  const findings = runRules(await against(spec, ...setups));
  return findings
    .filter(({ rule }) => /^(?:SCHED|RES|COMP033|COMP036|COMP037)/.test(rule))
    .map(({ rule, severity }) => `${rule} ${severity}`);
}

const single = (tensors: CheckpointSpec['parts'][number]['tensors'], metadata = {}): CheckpointSpec => ({
  parts: [{ tensors }],
  metadata,
});

describe('what a model says counts over what is assumed of it', () => {
  test('by its shapes alone: a warning', async () => {
    expect(await found(single(sd1()), { prediction_type: 'v_prediction' })).toEqual(['SCHED001 warning']);
  });

  test('said in its metadata: an error', async () => {
    const said = single(sd1(), { 'modelspec.prediction_type': 'v' });
    expect(await found(said, { prediction_type: 'epsilon' })).toEqual(['SCHED001 error']);
    expect(await found(said, { prediction_type: 'v_prediction' })).toEqual([]);
  });

  test('a net of no known family is compared with nothing, aloud', async () => {
    const custom = single(golden('custom-sd1-ldm'));
    expect(await found(custom, { prediction_type: 'v_prediction' })).toEqual(['SCHED020 note']);
  });
});

describe('a schedule that is not the one of training', () => {
  const folder = (schedulerConfig: object): CheckpointSpec => ({
    parts: [{ name: 'unet', tensors: golden('sd1-diffusers') }],
    schedulerConfig: { clip_sample: false, set_alpha_to_one: false, steps_offset: 1, ...schedulerConfig },
  });
  const sd = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' };

  test.each([
    ['is as it was', sd, []],
    ['has another end', { ...sd, beta_end: 0.014 }, ['SCHED006 error']],
    ['has its name from another program', { ...sd, beta_schedule: 'linear' }, ['SCHED007 error']],
    ['is left to defaults', {}, ['SCHED013 error']],
    ['is half left to defaults', { beta_schedule: 'scaled_linear' }, ['SCHED013 error']],
    [
      'is another altogether',
      { beta_start: 0.001, beta_end: 0.01, beta_schedule: 'linear' },
      ['SCHED006 error'],
    ],
  ] as const)('%s', async (_, config, expected) => {
    expect(await found(folder({ _class_name: 'DDIMScheduler', ...config }))).toEqual(expected);
  });
});

describe('the size that a workflow draws at', () => {
  const sized = (width: number, height: number): object => {
    const flow = apiFlow();
    return { ...flow, '5': { ...flow['5'], inputs: { width, height, batch_size: 1 } } };
  };

  test('which decoder block would fail, with the two sizes, and where the size stands', async () => {
    const context = await against(single(sd1()), sized(520, 512));
    const finding = runRules(context).find(({ rule }) => rule === 'RES001');
    expect(finding?.place.block).toBe('up_blocks.1.resnets.0');
    expect(finding?.related.at(-1)).toEqual({ file: '0-setup.json', pointer: '/5/inputs/width' });
    expect(ruleOf('RES001').words(finding?.args ?? {}).found).toBe(
      '18x16 from below, 17x16 from down_blocks.2.attentions.1',
    );
  });

  test('is held against the size of training', async () => {
    expect(await found(single(sdxl()), sized(512, 512))).toEqual(['RES003 warning']);
    expect(await found(single(sdxl()), sized(1152, 896))).toEqual([]);
  });
});

test('two setups are told apart', async () => {
  const context = await against(single(sdxl()), { vae_scale: 0.18215 }, { vae_scale: 0.13025 });
  const told = runRules(context).filter(({ rule }) => rule === 'COMP033');
  expect(told.map(({ place }) => place.file)).toEqual(['0-setup.json']);
});

test('a locked size is the same in whichever order its sides stand', async () => {
  const spec = single(sd1(), { 'modelspec.resolution': '768x512' });
  const lock = await locked(spec);
  const size = (value: object): object => ({ ...lock, setup: { ...lock.setup, resolution: { value } } });
  expect(await found(spec, size({ height: 512, width: 768 }))).toEqual([]);
  expect(await found(spec, size({ height: 768, width: 512 }))).toEqual(['SCHED018 error']);
});
