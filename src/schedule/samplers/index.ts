import type { SchedulerClass, ScheduleSettings } from '../settings.ts';
import { ddim } from './ddim.ts';
import { dpmpp2m } from './dpmpp-2m.ts';
import { edmEuler } from './edm-euler.ts';
import { euler } from './euler.ts';
import { eulerAncestral } from './euler-ancestral.ts';
import { heun } from './heun.ts';
import { lcm } from './lcm.ts';
import { pndm } from './pndm.ts';
import type { SamplerDefinition } from './sampler.ts';

/** Every sampler that can be run, one a diffusers class. */
export const samplers: readonly SamplerDefinition[] = [
  ddim,
  pndm,
  euler,
  eulerAncestral,
  heun,
  dpmpp2m,
  lcm,
  edmEuler,
];

/** The sampler that follows a diffusers class, or undefined where there is none. */
export function samplerOf(className: SchedulerClass): SamplerDefinition | undefined {
  return samplers.find((sampler) => sampler.className === className);
}

/** The settings among the given ones that the sampler cannot run. */
export function unsupported(
  { supports }: SamplerDefinition,
  settings: ScheduleSettings,
): readonly (keyof ScheduleSettings)[] {
  const keys = Object.keys(supports) as (keyof ScheduleSettings)[];
  return keys.filter((key) => {
    const runs: readonly ScheduleSettings[keyof ScheduleSettings][] | undefined = supports[key];
    return runs !== undefined && !runs.includes(settings[key]);
  });
}
