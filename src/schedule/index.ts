/** Noise schedules and samplers: what of this floor a program outside needs. */
export { alphasCumprod } from './alphas.ts';
export { type BetaProgram, type BetaSchedule, betaScheduleNamed } from './betas.ts';
export { comfySchedulers, continuousSampling, discreteSampling, type ModelSampling } from './comfyui.ts';
export { type Fingerprint, fingerprintSchedule, type KnownSchedule, knownSchedules } from './fingerprint.ts';
export {
  type ScheduleFacts,
  scheduleFromConfig,
  type ScheduleProblem,
  type ScheduleSpec,
} from './from-config.ts';
export { classifierFreeGuidance, rescaleNoiseCfg } from './guidance.ts';
export type { Latent, NoiseSource } from './latent.ts';
export { normalNoise } from './noise.ts';
export { samplerOf, samplers } from './samplers/index.ts';
export type { Sampler, SamplerDefinition, SamplerOptions, SamplerStep } from './samplers/sampler.ts';
export { type SchedulerClass, scheduleSettings, type ScheduleSettings } from './settings.ts';
export { sigmasOf } from './sigmas.ts';
