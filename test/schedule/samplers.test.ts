import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { combine, type Latent, type NoiseSource } from '../../src/schedule/latent.ts';
import { normalNoise } from '../../src/schedule/noise.ts';
import {
  edmPreconditioning,
  PREDICTION_TYPES,
  type PredictionType,
  preconditionedOutput,
  toOutput,
  veLevel,
  vpLevelOfSigma,
} from '../../src/schedule/prediction.ts';
import { samplerOf, samplers } from '../../src/schedule/samplers/index.ts';
import type { Sampler, SamplerDefinition } from '../../src/schedule/samplers/sampler.ts';
import { type ScheduleSettings, type SchedulerClass, scheduleSettings } from '../../src/schedule/settings.ts';
import { TIMESTEP_SPACINGS } from '../../src/schedule/spacing.ts';
import { type Config, deviation, golden, settingsOf, titleOf, TOLERANCE } from './golden.ts';

interface Run {
  readonly className: SchedulerClass;
  readonly config: Config;
  readonly steps: number;
  readonly eta?: number;
  readonly initNoiseSigma: number;
  readonly timesteps: readonly number[];
  readonly sigmas?: readonly number[];
  readonly trace: readonly {
    readonly scaled: readonly number[];
    readonly next: readonly number[];
    readonly x0?: readonly number[];
  }[];
}

interface Runs {
  readonly start: readonly number[];
  readonly outputs: readonly (readonly number[])[];
  readonly noises: readonly (readonly number[])[];
  readonly runs: readonly Run[];
}

const { start, outputs, noises, runs } = golden<Runs>('runs');

/** Hands out the golden noise, row by row. */
function goldenNoise(): NoiseSource {
  let row = 0;
  return () => Float32Array.from(noises[row++] ?? []);
}

function largest(values: ArrayLike<number>): number {
  return Math.max(...Array.from(values, Math.abs));
}

describe('samplers follow diffusers step by step', () => {
  test('each of them, in many settings', () => {
    for (const { className } of samplers) {
      expect(runs.filter((run) => run.className === className).length).toBeGreaterThanOrEqual(5);
    }
  });

  test.each(runs.map((run) => [titleOf(run), run] as const))('%s', (_, run) => {
    const definition = samplerOf(run.className) as SamplerDefinition;
    const sampler = definition.create(settingsOf(run), {
      steps: run.steps,
      noise: goldenNoise(),
      ...(run.eta !== undefined && { eta: run.eta }),
    });
    expect(deviation([sampler.initNoiseSigma], [run.initNoiseSigma])).toBeLessThan(TOLERANCE);
    expect(deviation(sampler.timesteps, run.timesteps)).toBeLessThan(TOLERANCE);
    expect(sampler.sigmas.length).toBe(sampler.timesteps.length + 1);
    // DDIM, PNDM and LCM have no sigmas of their own in diffusers
    expect(deviation(run.sigmas ? sampler.sigmas : [], run.sigmas ?? [])).toBeLessThan(TOLERANCE);
    let x: Latent = Float32Array.from(start, (value) => Math.fround(value * run.initNoiseSigma));
    for (const [i, expected] of run.trace.entries()) {
      expect(deviation(sampler.scaleModelInput(x, i).slice(0, 2), expected.scaled)).toBeLessThan(TOLERANCE);
      const { next, x0 } = sampler.step(Float32Array.from(outputs[i] ?? []), i, x);
      // diffusers adds the step to x in float32 and so loses up to half a unit in the last place of x
      const rounding = (2 ** -23 * largest(x)) / largest(expected.next);
      expect(deviation(next, expected.next)).toBeLessThan(TOLERANCE + rounding);
      // nor does PNDM give an x₀
      expect(deviation(x0, expected.x0 ?? x0)).toBeLessThan(TOLERANCE);
      x = Float32Array.from(expected.next);
    }
  });
});

/** What a perfect net would put out for x at call i: it knows the clean latent. */
function perfectNet(
  definition: SamplerDefinition,
  settings: ScheduleSettings,
  sampler: Sampler,
  clean: Latent,
) {
  return (x: Latent, i: number, type: PredictionType): Latent => {
    const sigma = sampler.sigmas[i] as number;
    if (definition.id === 'edm_euler') {
      const edm = edmPreconditioning(type === 'v_prediction' ? type : 'epsilon', sigma, settings.sigma_data);
      return preconditionedOutput(edm, clean, x);
    }
    const level = /euler|heun/.test(definition.id) ? veLevel(sigma) : vpLevelOfSigma(sigma);
    return toOutput(type, level, clean, combine([1 / level.sigma, x], [-level.alpha / level.sigma, clean]));
  };
}

/** Runs a sampler with a net that puts out `type`; gives the first guess at the clean latent and where it ends. */
function denoise(
  definition: SamplerDefinition,
  settings: ScheduleSettings,
  clean: Latent,
  type: PredictionType,
  steps = 8,
) {
  const sampler = definition.create(settings, { steps, noise: normalNoise(11), eta: 0.5 });
  const net = perfectNet(definition, settings, sampler, clean);
  const noise = normalNoise(3)(clean.length);
  const begin = Float64Array.from(noise, (value) => value * sampler.initNoiseSigma);
  let last = sampler.step(net(begin, 0, type), 0, begin);
  const first = last.x0;
  for (let i = 1; i < sampler.timesteps.length; i++) {
    last = sampler.step(net(last.next, i, type), i, last.next);
  }
  return { first, reached: last.next };
}

/** LCM's boundary condition keeps c_skip ≈ 7e-6 of the last noisy sample. */
const REACHED: Readonly<Record<string, number>> = { lcm: 1e-3 };

const byId = samplers.map((definition) => [definition.id, definition] as const);

describe('a perfect net leads every sampler to the clean latent', () => {
  const clean = fc
    .array(fc.double({ min: 0.2, max: 3, noNaN: true }), { minLength: 6, maxLength: 6 })
    .map((values) => Float64Array.from(values));

  test.each(byId)('%s', (id, definition) => {
    // PLMS takes means of v, which is not constant along the way
    const types: readonly PredictionType[] =
      id === 'pndm' ? ['epsilon'] : (definition.supports.prediction_type ?? PREDICTION_TYPES);
    // with linspace PLMS, as diffusers strides, does not step between the levels that it is called at
    const spacings = id === 'pndm' ? (['leading', 'trailing'] as const) : TIMESTEP_SPACINGS;
    const told = fc.record({
      timestep_spacing: fc.constantFrom(...spacings),
      use_karras_sigmas: fc.boolean(),
      steps_offset: fc.constantFrom(0, 1),
      prediction_type: fc.constantFrom(...types),
    });
    fc.assert(
      fc.property(clean, told, (clean, told) => {
        const settings = scheduleSettings(definition.className, {
          ...told,
          clip_sample: false,
          set_alpha_to_one: true,
        });
        const { reached } = denoise(definition, settings, clean, told.prediction_type);
        expect(deviation(reached, clean)).toBeLessThan(REACHED[id] ?? 1e-6);
      }),
      { numRuns: 25 },
    );
  });

  test.each(byId)('%s is led astray when told the wrong prediction type', (_, definition) => {
    const clean = Float64Array.of(1, -0.5, 2, 0.3);
    const settings = scheduleSettings(definition.className, {
      clip_sample: false,
      prediction_type: 'epsilon',
    });
    expect(deviation(denoise(definition, settings, clean, 'epsilon').first, clean)).toBeLessThan(1e-3);
    expect(deviation(denoise(definition, settings, clean, 'v_prediction').first, clean)).toBeGreaterThan(0.5);
  });

  test("but not DDIM with trailing spacing and a stride that does not fit: diffusers' own flaw", () => {
    const clean = Float64Array.of(1, -0.5, 2, 0.3);
    const settings = scheduleSettings('DDIMScheduler', { clip_sample: false, timestep_spacing: 'trailing' });
    const definition = samplerOf('DDIMScheduler') as SamplerDefinition;
    expect(deviation(denoise(definition, settings, clean, 'epsilon', 7).reached, clean)).toBeGreaterThan(
      1e-3,
    );
  });
});

describe('a sampler', () => {
  const options = { steps: 4, noise: normalNoise(0) };
  const latent = new Float32Array(4).fill(0.5);

  test.each(byId)('%s refuses a call that there is not, and keeps the number type', (_, definition) => {
    const settings = scheduleSettings(definition.className);
    const fresh = () => definition.create(settings, options);
    expect(() => fresh().step(latent, fresh().timesteps.length, latent)).toThrow(RangeError);
    expect(fresh().step(latent, 0, latent).next).toBeInstanceOf(Float32Array);
    expect(fresh().step(latent, 0, Float64Array.from(latent)).next).toBeInstanceOf(Float64Array);
  });

  test.each(['pndm', 'heun', 'dpmpp_2m'])('%s, which remembers outputs, refuses steps out of order', (id) => {
    const definition = samplers.find((one) => one.id === id) as SamplerDefinition;
    const sampler = definition.create(scheduleSettings(definition.className), options);
    sampler.step(latent, 0, latent);
    expect(() => sampler.step(latent, 2, latent)).toThrow('step 2 was called, step 1 is next');
    expect(() => sampler.step(latent, 0, latent)).toThrow('step 0 was called, step 1 is next');
  });

  test.each(['DDIMScheduler', 'PNDMScheduler'] as const)(
    '%s refuses the timestep -1 that trailing spacing can give',
    (className) => {
      const settings = scheduleSettings(className, { timestep_spacing: 'trailing' });
      const definition = samplerOf(className) as SamplerDefinition;
      expect(() => definition.create(settings, { ...options, steps: 61 })).toThrow('index -1');
      expect(definition.create(settings, { ...options, steps: 60 }).timesteps[0]).toBe(999);
    },
  );

  test('draws noise only where it adds some', () => {
    const drawing = samplers.filter(({ className, create }) => {
      let drawn = false;
      const noise: NoiseSource = (length) => {
        drawn = true;
        return new Float32Array(length);
      };
      create(scheduleSettings(className), { steps: 4, noise }).step(latent, 0, latent);
      return drawn;
    });
    expect(drawing.map(({ id }) => id)).toEqual(['euler_ancestral', 'lcm']);
  });
});
