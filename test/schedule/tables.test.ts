import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import {
  alphasCumprod,
  type AlphaSettings,
  COMFYUI_ZERO_SNR_FLOOR,
  DIFFUSERS_ZERO_SNR_FLOOR,
  rescaleZeroTerminalSnr,
} from '../../src/schedule/alphas.ts';
import { BETA_SCHEDULES, betaScheduleNamed, betas } from '../../src/schedule/betas.ts';
import { discreteSampling } from '../../src/schedule/comfyui.ts';
import { finiteAlphas } from '../../src/schedule/samplers/sampler.ts';
import { scheduleSettings, type SchedulerClass } from '../../src/schedule/settings.ts';
import { sigmasOf } from '../../src/schedule/sigmas.ts';
import {
  type Config,
  deviation,
  elementDeviation,
  golden,
  settingsOf,
  titleOf,
  TOLERANCE,
} from './golden.ts';

interface Table {
  readonly className: SchedulerClass;
  readonly config: Config;
  readonly timesteps: readonly number[];
  readonly betas: readonly number[];
  readonly alphas: readonly number[];
}

const tables = golden<readonly Table[]>('tables').map((table) => [titleOf(table), table] as const);
const SD = scheduleSettings('DDIMScheduler', {
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  beta_end: 0.012,
});

describe('betas and ᾱ are those of diffusers', () => {
  test('for every schedule that it names', () => {
    const covered = new Set(tables.map(([, table]) => settingsOf(table).beta_schedule));
    expect([...covered].sort()).toEqual([...BETA_SCHEDULES].sort());
  });

  test.each(tables)('%s', (_, table) => {
    const settings = settingsOf(table);
    const alphas = alphasCumprod(settings, 'float32');
    const picked = table.timesteps.map((t) => alphas[t] as number);
    expect(alphas.length).toBe((table.timesteps.at(-1) as number) + 1);
    expect(elementDeviation(picked, table.alphas)).toBeLessThan(TOLERANCE);
    const plain = betas(settings, 'float32');
    const used = settings.rescale_betas_zero_snr ? rescaleZeroTerminalSnr(plain, 'float32') : plain;
    const pickedBetas = table.timesteps.map((t) => used[t] as number);
    expect(deviation(pickedBetas, table.betas)).toBeLessThan(TOLERANCE);
  });

  test('the float32 tables differ from the exact ones where 1 − ᾱ is small, by what is documented', () => {
    const [rounded, exact] = [
      sigmasOf(alphasCumprod(scheduleSettings('DDIMScheduler'), 'float32'), 'float32'),
      sigmasOf(alphasCumprod(scheduleSettings('DDIMScheduler'), 'float64'), 'float64'),
    ];
    const deviation = elementDeviation(rounded, exact);
    expect(deviation).toBeGreaterThan(1e-5);
    expect(deviation).toBeLessThan(3e-4);
  });
});

describe('ᾱ', () => {
  const settings: fc.Arbitrary<AlphaSettings> = fc.record({
    num_train_timesteps: fc.integer({ min: 2, max: 1500 }),
    beta_schedule: fc.constantFrom(...BETA_SCHEDULES.filter((name) => name !== 'laplace')),
    beta_start: fc.double({ min: 1e-5, max: 0.01, noNaN: true }),
    beta_end: fc.double({ min: 0.011, max: 0.3, noNaN: true }),
    trained_betas: fc.constant(null),
    rescale_betas_zero_snr: fc.boolean(),
  });

  test('falls strictly from below 1, to exactly 0 at zero terminal SNR', () => {
    fc.assert(
      fc.property(settings, (given) => {
        const alphas = alphasCumprod(given, 'float64');
        expect(alphas[0]).toBeLessThan(1);
        for (let t = 1; t < alphas.length; t++) expect(alphas[t]).toBeLessThan(alphas[t - 1] as number);
        const last = alphas.at(-1) as number;
        expect(last === 0).toBe(given.rescale_betas_zero_snr);
      }),
      { numRuns: 60 },
    );
  });

  test('the rescaling keeps the first timestep', () => {
    const [plain, rescaled] = [false, true].map((rescale_betas_zero_snr) =>
      alphasCumprod({ ...SD, rescale_betas_zero_snr }, 'float64'),
    );
    expect(rescaled?.[0]).toBeCloseTo(plain?.[0] as number, 12);
  });

  test('σ stays finite at zero terminal SNR where a sampler divides by it: 4096 in diffusers, 4518.76 in ComfyUI', () => {
    const zero = { ...SD, rescale_betas_zero_snr: true };
    expect(finiteAlphas(zero).at(-1)).toBe(DIFFUSERS_ZERO_SNR_FLOOR);
    expect(sigmasOf(finiteAlphas(zero), 'float32').at(-1)).toBeCloseTo(4096, 3);
    expect(sigmasOf(alphasCumprod(zero, 'float32'), 'float32').at(-1)).toBe(Number.POSITIVE_INFINITY);
    expect(sigmasOf(Float64Array.of(COMFYUI_ZERO_SNR_FLOOR), 'float64')[0]).toBeCloseTo(4518.76, 2);
    expect(discreteSampling(alphasCumprod(SD, 'float64'), true).sigmas.at(-1)).toBeCloseTo(4518.76, 2);
  });
});

describe('the names of beta schedules', () => {
  test.each([
    ['diffusers', 'linear', 'linear'],
    ['diffusers', 'scaled_linear', 'scaled_linear'],
    ['ldm', 'linear', 'scaled_linear'],
    ['ldm', 'sqrt_linear', 'linear'],
    ['ldm', 'cosine', 'squaredcos_cap_v2'],
    ['ldm', 'sqrt', undefined],
    ['ldm', 'scaled_linear', undefined],
    ['comfyui', 'linear', 'scaled_linear'],
    ['comfyui', 'squaredcos_cap_v2', 'squaredcos_cap_v2'],
    ['diffusers', '__proto__', undefined],
  ] as const)('%s %s is %s', (program, name, expected) => {
    expect(betaScheduleNamed(program, name)).toBe(expected);
  });
});
