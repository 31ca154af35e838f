import { describe, expect, test } from 'vitest';
import { samplerOf } from '../../src/schedule/samplers/index.ts';
import type { SamplerDefinition } from '../../src/schedule/samplers/sampler.ts';
import { type SchedulerClass, scheduleSettings } from '../../src/schedule/settings.ts';
import { lcmTimesteps, solverTimesteps, spacedTimesteps } from '../../src/schedule/spacing.ts';
import { type Config, deviation, golden, settingsOf, titleOf } from './golden.ts';

interface Spacing {
  readonly className: SchedulerClass;
  readonly config: Config;
  readonly steps: number;
  readonly timesteps: readonly number[];
}

const spacings = golden<readonly Spacing[]>('spacings').map((one) => [titleOf(one), one] as const);

describe('timesteps are those of diffusers', () => {
  test.each(spacings)('%s', (_, one) => {
    const definition = samplerOf(one.className) as SamplerDefinition;
    const sampler = definition.create(settingsOf(one), { steps: one.steps, noise: () => new Float32Array() });
    expect(deviation(sampler.timesteps, one.timesteps)).toBeLessThan(1e-7);
  });

  test('the rounding error that gives one trailing timestep too many is reproduced', () => {
    const settings = scheduleSettings('DDIMScheduler', { timestep_spacing: 'trailing' });
    const counts = Array.from({ length: 130 }, (_, index) => index + 1);
    const odd = counts.filter((count) => spacedTimesteps(settings, count, true).length !== count);
    // numpy.arange(1000, 0, -1000 / n) for n up to 130
    expect(odd).toEqual([61, 103, 121, 122]);
    expect(spacedTimesteps(settings, 61, true).at(-1)).toBe(-1);
  });

  test.each([0, -1, 1.5, 1001, Number.NaN])('%d steps are refused', (count) => {
    const settings = scheduleSettings('DDIMScheduler');
    expect(() => spacedTimesteps(settings, count, true)).toThrow(RangeError);
    expect(() => solverTimesteps(settings, count, 1000)).toThrow(RangeError);
  });

  test('LCM refuses more steps than it was distilled on', () => {
    const settings = scheduleSettings('LCMScheduler');
    expect(() => lcmTimesteps(settings, 51)).toThrow('51 steps');
  });
});
