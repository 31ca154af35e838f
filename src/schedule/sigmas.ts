import { betaQuantile } from './beta-quantile.ts';
import { at } from './latent.ts';
import { linspace, type Precision, rounder } from './numeric.ts';

/**
 * σ(t) = √((1 − ᾱ) / ᾱ) for every entry: the noise per unit of signal, in k-diffusion's variables x = x₀ + σ·ε.
 * Infinite where ᾱ is 0.
 */
export function sigmasOf(alphasCumprod: Float64Array, precision: Precision): Float64Array {
  const round = rounder(precision);
  return alphasCumprod.map((alpha) => round(Math.sqrt(round(round(1 - alpha) / alpha))));
}

/**
 * The table's value between its entries, linear in t and held at the ends. diffusers' schedulers read σ between
 * timesteps so (numpy `interp`), with a table of σ.
 */
export function interpolate(table: Float64Array, t: number): number {
  const place = Math.min(Math.max(t, 0), table.length - 1);
  const low = Math.floor(place);
  const [from, to] = [at(table, low), at(table, Math.min(low + 1, table.length - 1))];
  return from + (place - low) * (to - from);
}

/**
 * σ at a fractional timestep, linear in ln σ and held at the ends.
 * Source: k-diffusion external.py, `DiscreteSchedule.t_to_sigma`; ComfyUI comfy/model_sampling.py,
 * `ModelSamplingDiscrete.sigma`.
 * @param sigmas ascending, one for each training timestep
 */
export function sigmaAt(sigmas: Float64Array, t: number): number {
  return Math.exp(interpolate(sigmas.map(Math.log), t));
}

/**
 * The fractional timestep at which the table has σ, linear in ln σ and held at the ends.
 * Source: diffusers scheduling_euler_discrete.py, `_sigma_to_t`.
 * @param logSigmas ln σ, ascending, one for each training timestep
 */
export function timestepAt(logSigmas: Float64Array, sigma: number): number {
  const wanted = Math.log(sigma);
  const above = logSigmas.findIndex((value) => value > wanted);
  const last = logSigmas.length - 1;
  const high = Math.min(Math.max(above === -1 ? last : above, 1), last);
  const [from, to] = [at(logSigmas, high - 1), at(logSigmas, high)];
  const weight = Math.min(Math.max((wanted - from) / (to - from), 0), 1);
  return high - 1 + weight;
}

/** How noise levels are laid between a largest and a smallest one, largest first, both included. */
type SigmaSpacing = (count: number, sigmaMin: number, sigmaMax: number) => Float64Array;

/**
 * Karras et al. 2022 (EDM), equation 5: equal steps in σ^(1/ρ). ρ = 7 is the paper's choice.
 */
export function karrasSigmas(count: number, sigmaMin: number, sigmaMax: number, rho = 7): Float64Array {
  const [low, high] = [sigmaMin ** (1 / rho), sigmaMax ** (1 / rho)];
  return linspace(0, 1, count).map((ramp) => (high + ramp * (low - high)) ** rho);
}

/** Equal steps in ln σ. Source: k-diffusion sampling.py, `get_sigmas_exponential`. */
export const exponentialSigmas: SigmaSpacing = (count, sigmaMin, sigmaMax) =>
  linspace(Math.log(sigmaMax), Math.log(sigmaMin), count).map(Math.exp);

/**
 * Steps at the quantiles of a Beta(0.6, 0.6) distribution, denser at both ends.
 * Source: Lee et al. 2024, "Beta Sampling is All You Need"; diffusers scheduling_euler_discrete.py,
 * `_convert_to_beta`.
 */
export const betaSigmas: SigmaSpacing = (count, sigmaMin, sigmaMax) =>
  linspace(0, 1, count).map((ramp) => sigmaMin + betaQuantile(1 - ramp, 0.6, 0.6) * (sigmaMax - sigmaMin));
