import { type BetaSettings, betas } from './betas.ts';
import { at } from './latent.ts';
import { type Precision, rounder } from './numeric.ts';

/** What ᾱ is made of, by diffusers' names. */
export interface AlphaSettings extends BetaSettings {
  /** Whether the betas are rescaled so that the last timestep is pure noise. */
  readonly rescale_betas_zero_snr: boolean;
}

/**
 * ᾱ of the last timestep in place of 0, so that σ stays finite. diffusers' Euler, Euler ancestral and DPM-Solver++
 * put 2⁻²⁴ there (the smallest float16 above 0), that is σ = 4096; DDIM and LCM keep the 0.
 * Source: diffusers scheduling_euler_discrete.py, `__init__`.
 */
export const DIFFUSERS_ZERO_SNR_FLOOR = 2 ** -24;

/** The same in ComfyUI, σ = 4518.76. Source: comfy/model_sampling.py, `rescale_zero_terminal_snr_sigmas`. */
export const COMFYUI_ZERO_SNR_FLOOR = 4.8973451890853435e-8;

/**
 * ᾱ for every training timestep: the cumulative product of 1 − β, strictly decreasing from just below 1.
 *
 * LDM and ComfyUI compute it in float64 and store float32. diffusers rounds to float32 after each operation (the
 * running product itself is kept in double by torch). The difference is small in ᾱ, below 1e-6, but not in 1 − ᾱ
 * at the first timesteps: σ(0) differs by up to 3e-4 of itself. Samplers here use `float32` to follow diffusers.
 */
export function alphasCumprod(settings: AlphaSettings, precision: Precision): Float64Array {
  return cumulate(usedBetas(settings, precision), precision);
}

/** β for every training timestep as it is used, zero terminal SNR among them. */
export function usedBetas(settings: AlphaSettings, precision: Precision): Float64Array {
  const plain = betas(settings, precision);
  return settings.rescale_betas_zero_snr ? rescaleZeroTerminalSnr(plain, precision) : plain;
}

function cumulate(used: Float64Array, precision: Precision): Float64Array {
  const round = rounder(precision);
  let product = 1;
  return used.map((beta) => {
    product *= round(1 - beta);
    return round(product);
  });
}

/**
 * Betas with zero terminal signal-to-noise ratio: √ᾱ is shifted so that its last value is 0 and scaled so that its
 * first stays. The last β becomes 1.
 * Source: Lin et al. 2023, "Common Diffusion Noise Schedules and Sample Steps are Flawed", algorithm 1;
 * diffusers scheduling_ddim.py, `rescale_zero_terminal_snr`.
 */
export function rescaleZeroTerminalSnr(original: Float64Array, precision: Precision): Float64Array {
  const round = rounder(precision);
  const roots = cumulate(original, precision).map((alpha) => round(Math.sqrt(alpha)));
  const [first, last] = [at(roots, 0), at(roots, roots.length - 1)];
  const scale = round(first / round(first - last));
  const rescaled = roots.map((root) => round(round(round(root - last) * scale) ** 2));
  return rescaled.map((alpha, index) =>
    round(1 - (index === 0 ? alpha : round(alpha / at(rescaled, index - 1)))),
  );
}

/** The same table with its last entry replaced. */
export function withLast(table: Float64Array, last: number): Float64Array {
  return table.with(table.length - 1, last);
}
