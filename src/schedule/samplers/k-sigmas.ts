/** The noise levels of diffusers' samplers in k-diffusion's variables: Euler, Euler ancestral, Heun. */
import { at, combine, type Latent } from '../latent.ts';
import type { ScheduleSettings } from '../settings.ts';
import { betaSigmas, exponentialSigmas, interpolate, karrasSigmas, sigmasOf, timestepAt } from '../sigmas.ts';
import { spacedTimesteps } from '../spacing.ts';
import { finiteAlphas } from './sampler.ts';

/** Timesteps and their σ, noisy to clean, and the σ at which the last step ends. */
export interface SigmaPlan {
  readonly timesteps: Float64Array;
  readonly sigmas: Float64Array;
  readonly last: number;
}

/**
 * Lays the noise levels of a run.
 * Source: diffusers scheduling_euler_discrete.py, `set_timesteps`.
 * @throws {RangeError} when the number of steps does not suit the schedule.
 */
export function planSigmas(settings: ScheduleSettings, steps: number): SigmaPlan {
  const training = sigmasOf(finiteAlphas(settings), 'float32');
  const spaced = spacedTimesteps(settings, steps, false);
  const plain = spaced.map((t) => interpolate(training, t));
  const respaced = respace(settings, plain, steps);
  const logSigmas = training.map((sigma) => Math.fround(Math.log(sigma)));
  return {
    timesteps: respaced?.map((sigma) => Math.fround(timestepAt(logSigmas, sigma))) ?? spaced,
    sigmas: (respaced ?? plain).map(Math.fround),
    last: settings.final_sigmas_type === 'zero' ? 0 : at(training, 0),
  };
}

/**
 * `steps` sigmas laid anew between the ends of the given ones (noisy to clean), or undefined where the settings
 * ask for none.
 */
export function respace(
  settings: ScheduleSettings,
  sigmas: Float64Array,
  steps: number,
): Float64Array | undefined {
  const smallest = settings.sigma_min ?? at(sigmas, sigmas.length - 1);
  const largest = settings.sigma_max ?? at(sigmas, 0);
  if (settings.use_karras_sigmas) return karrasSigmas(steps, smallest, largest);
  if (settings.use_exponential_sigmas) return exponentialSigmas(steps, smallest, largest);
  if (settings.use_beta_sigmas) return betaSigmas(steps, smallest, largest);
  return undefined;
}

/** The standard deviation to start from: σ alone where the first timestep is the last training one. */
export function startingSigma(settings: ScheduleSettings, sigmas: Float64Array): number {
  const largest = Math.max(...sigmas);
  return settings.timestep_spacing === 'leading' ? Math.hypot(largest, 1) : largest;
}

/** x / √(σ² + 1): unit variance again, as the net was trained on. */
export function unitVariance(x: Latent, sigma: number): Latent {
  return combine([1 / Math.hypot(sigma, 1), x]);
}

/** Euler's step along dx/dσ = (x − x₀) / σ: Karras et al. 2022, algorithm 1. */
export function eulerStep(x: Latent, x0: Latent, sigma: number, next: number): Latent {
  return combine([next / sigma, x], [1 - next / sigma, x0]);
}
