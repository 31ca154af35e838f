import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openTree } from '../../../src/bytes/file.ts';
import { memoryTree } from '../../../src/bytes/memory.ts';
import { betas } from '../../../src/schedule/betas.ts';
import { rescaleZeroTerminalSnr } from '../../../src/schedule/alphas.ts';
import { samplerOf } from '../../../src/schedule/samplers/index.ts';
import { schedulerClassNamed, scheduleSettings } from '../../../src/schedule/settings.ts';
import { betasHash } from '../../../src/setup/lock.ts';
import type { Setup } from '../../../src/setup/setup.ts';
import { readSetupFolder } from '../../../src/setup/sources/index.ts';
import { scheduleOf } from '../../../src/setup/trained.ts';
import { refusal, setupOf, setupsOf, valuesOf } from './read.ts';

interface Golden {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly betas?: {
    readonly count: number;
    readonly first: number;
    readonly middle: number;
    readonly last: number;
  };
  /** Of its betas as float32, little-endian. */
  readonly betas_sha256?: string;
  readonly timesteps?: readonly number[];
}

interface Goldens {
  readonly steps: number;
  readonly own: Readonly<Record<string, Golden & { readonly config: object }>>;
  readonly published: Readonly<Record<string, Golden>>;
}

const { steps, own, published } = JSON.parse(
  readFileSync(new URL('../../../fixtures/setup/schedulers.json', import.meta.url), 'utf8'),
) as Goldens;

/** What diffusers' object holds under each key, as a setup says it. */
function expected({ settings }: Golden, edm: boolean): Readonly<Record<string, unknown>> {
  const kept = Object.entries(settings).filter(([, value]) => value !== null);
  const plain = Object.fromEntries(kept);
  if (!edm) {
    // only EDM's ends of σ are a part of a setup
    delete plain['sigma_min'];
    delete plain['sigma_max'];
    return plain;
  }
  const { num_train_timesteps: _, prediction_type, ...rest } = plain;
  return { ...rest, prediction_type: prediction_type === 'epsilon' ? 'edm' : 'edm_v_prediction' };
}

function hold(setup: Setup, golden: Golden): void {
  const edm = golden.betas === undefined;
  expect(valuesOf(setup)).toMatchObject(expected(golden, edm));
  if (golden.betas === undefined) return;
  const schedule = scheduleOf(setup.fields);
  if (schedule === undefined) throw new Error('no schedule');
  const plain = betas(schedule, 'float32');
  const used = schedule.rescale_betas_zero_snr ? rescaleZeroTerminalSnr(plain, 'float32') : plain;
  const { count, first, middle, last } = golden.betas;
  expect(used).toHaveLength(count);
  for (const [index, value] of [
    [0, first],
    [count >> 1, middle],
    [count - 1, last],
  ] as const) {
    // rescaled betas are differences of numbers near 1, in float32
    expect(Math.abs((used[index] ?? Number.NaN) - value) / value).toBeLessThan(1e-4);
  }
  holdTimesteps(setup, golden.timesteps ?? []);
}

/** The setup's own fields, run: the timesteps that the object has. */
function holdTimesteps({ fields }: Setup, timesteps: readonly number[]): void {
  const className = schedulerClassNamed(fields.sampler?.value ?? '');
  const sampler = className === undefined ? undefined : samplerOf(className);
  // a class that nothing here runs, or noise levels that are laid anew
  if (className === undefined || sampler === undefined || fields.scheduler !== undefined) return;
  const told = Object.fromEntries(Object.entries(fields).map(([key, { value }]) => [key, value]));
  const settings = scheduleSettings(className, told);
  const made = sampler.create(settings, { steps, noise: (length) => new Float32Array(length) });
  expect([...made.timesteps].map((t) => Math.round(t * 1e3) / 1e3)).toEqual(
    timesteps.map((t) => Math.round(t * 1e3) / 1e3),
  );
}

describe("is what diffusers' own object holds", () => {
  test.each(Object.entries(own))('%s', async (_, golden) => {
    hold(await setupOf(golden.config, 'scheduler_config.json'), golden);
  });

  const root = new URL('../../../../shared/data/configs/', import.meta.url);
  test.skipIf(!existsSync(root)).each(Object.entries(published))(
    '%s (../shared/data)',
    async (model, golden) => {
      const path = new URL(`${model}/`, root);
      // a pipeline's second scheduler lies in a folder of its own, and is no folder of a model
      const [setup] = existsSync(new URL('model_index.json', path))
        ? await readSetupFolder(await openTree(path.pathname, model))
        : await setupsOf(
            readFileSync(new URL('scheduler_config.json', path), 'utf8'),
            'scheduler_config.json',
          );
      if (setup === undefined) throw new Error('no setup');
      hold(setup, golden);
      expect(setup.notes).toEqual([]);
    },
  );
});

/** Schedules whose betas take more operations than a last bit survives. */
const NEARLY = new Set(['ddim-zero-snr']);

test.each(Object.entries(own).filter(([, { betas_sha256 }]) => betas_sha256 !== undefined))(
  "%s: the hash of a lock is that of diffusers' own betas, where they agree to the last bit",
  async (name, golden) => {
    const schedule = scheduleOf((await setupOf(golden.config, 'scheduler_config.json')).fields);
    if (schedule === undefined) throw new Error('no schedule');
    expect((await betasHash(schedule)) === golden.betas_sha256).toBe(!NEARLY.has(name));
  },
);

describe('a folder', () => {
  const files = (configs: Readonly<Record<string, unknown>>) =>
    memoryTree(
      'model',
      new Map(
        Object.entries(configs).map(([path, value]) => [
          path,
          new TextEncoder().encode(JSON.stringify(value)),
        ]),
      ),
    );
  const scheduler = { _class_name: 'DDIMScheduler', beta_start: 0.00085 };

  test('defaults are told as defaults, with the class that has them', async () => {
    const [setup] = await readSetupFolder(files({ 'scheduler/scheduler_config.json': scheduler }));
    expect(setup?.fields.beta_end).toEqual({
      value: 0.02,
      known: 'convention',
      from: 'the default of diffusers DDIMScheduler',
      file: 'model/scheduler/scheduler_config.json',
      pointer: '',
    });
    expect(setup?.fields.beta_start).toEqual({
      value: 0.00085,
      known: 'declared',
      from: 'model/scheduler/scheduler_config.json beta_start',
      file: 'model/scheduler/scheduler_config.json',
      pointer: '/beta_start',
    });
  });

  test('its parts: size, scale, text encoders, what the pipeline assumes', async () => {
    const [setup] = await readSetupFolder(
      files({
        'model_index.json': { _class_name: 'StableDiffusionXLPipeline' },
        'scheduler/scheduler_config.json': scheduler,
        'unet/config.json': { sample_size: 128 },
        'vae/config.json': {
          _class_name: 'AutoencoderKL',
          block_out_channels: [1, 2, 3, 4],
          scaling_factor: 0.13025,
        },
        'text_encoder/config.json': {
          model_type: 'clip_text_model',
          hidden_size: 768,
          num_hidden_layers: 12,
        },
        'text_encoder_2/config.json': {
          model_type: 'clip_text_model',
          hidden_size: 1280,
          num_hidden_layers: 32,
        },
      }),
    );
    expect(setup === undefined ? {} : valuesOf(setup)).toMatchObject({
      steps: 50,
      guidance: 5,
      resolution: { width: 1024, height: 1024 },
      vae_scale: 0.13025,
      vae_upcast: true,
      text_encoders: [
        { id: 'clip-l', width: 768, layers: 12 },
        { id: 'openclip-g', width: 1280, layers: 32 },
      ],
    });
    expect(setup?.fields.vae_upcast).toMatchObject({ known: 'convention' });
  });

  test('without a scheduler it is none', async () => {
    await expect(readSetupFolder(files({ 'unet/config.json': {} }))).rejects.toThrow('no diffusers folder');
  });
});

test('a value of the wrong kind: where, what stands there, what would be right', async () => {
  const { message, issues } = await refusal({ _class_name: 'DDIMScheduler', beta_end: 'much' });
  expect(message).toContain('it is no valid setup as a diffusers scheduler config');
  expect(issues).toEqual([
    {
      pointer: '/beta_end',
      found: '"much"',
      expected: 'a number between 0 and 1, 0.012 for Stable Diffusion',
    },
  ]);
});

test('a class that is not known tells only what its config declares', async () => {
  const setup = await setupOf({ _class_name: 'MysteryScheduler', beta_start: 0.001 });
  expect(valuesOf(setup)).toEqual({ beta_start: 0.001, sampler: 'MysteryScheduler' });
  expect(setup.notes).toEqual([
    'MysteryScheduler is no scheduler that is known here: its defaults are not told',
  ]);
});
