import { combine, type Latent } from './latent.ts';

/**
 * What a net predicts, by diffusers' names: the noise ε, the velocity v (Salimans & Ho 2022), or the clean
 * sample x₀.
 */
export const PREDICTION_TYPES = ['epsilon', 'v_prediction', 'sample'] as const;

export type PredictionType = (typeof PREDICTION_TYPES)[number];

/** How a noised sample is mixed: x = alpha·x₀ + sigma·ε. */
export interface NoiseLevel {
  readonly alpha: number;
  readonly sigma: number;
}

/** The variance-preserving level of ᾱ: α² + σ² = 1. DDPM, DDIM, LCM and PNDM step in these variables. */
export function vpLevel(alphaCumprod: number): NoiseLevel {
  return { alpha: Math.sqrt(alphaCumprod), sigma: Math.sqrt(1 - alphaCumprod) };
}

/** The level of k-diffusion's variables, x = x₀ + σ·ε. Euler and Heun step in these. */
export function veLevel(sigma: number): NoiseLevel {
  return { alpha: 1, sigma };
}

/** The variance-preserving level with σ/α = sigma: that of `veLevel(sigma)`, scaled to unit variance. */
export function vpLevelOfSigma(sigma: number): NoiseLevel {
  const alpha = 1 / Math.hypot(sigma, 1);
  return { alpha, sigma: sigma * alpha };
}

/**
 * x₀ from the net's output and the sample x that stands at the level. With s² = α² + σ² (1 in
 * variance-preserving variables): v = (α·ε − σ·x₀) / s, so x₀ = (α·x − σ·s·v) / s².
 * Not finite for `epsilon` at α = 0: pure noise says nothing about x₀.
 */
export function toX0(type: PredictionType, { alpha, sigma }: NoiseLevel, output: Latent, x: Latent): Latent {
  const scale = Math.hypot(alpha, sigma);
  switch (type) {
    case 'epsilon':
      return combine([1 / alpha, x], [-sigma / alpha, output]);
    case 'v_prediction':
      return combine([alpha / scale ** 2, x], [-sigma / scale, output]);
    case 'sample':
      return combine([1, output]);
  }
}

/** ε from the net's output and the sample: ε = (σ·x + α·s·v) / s². Not finite for `sample` at σ = 0. */
export function toEpsilon(
  type: PredictionType,
  { alpha, sigma }: NoiseLevel,
  output: Latent,
  x: Latent,
): Latent {
  const scale = Math.hypot(alpha, sigma);
  switch (type) {
    case 'epsilon':
      return combine([1, output]);
    case 'v_prediction':
      return combine([sigma / scale ** 2, x], [alpha / scale, output]);
    case 'sample':
      return combine([1 / sigma, x], [-alpha / sigma, output]);
  }
}

/** What a net of that type should put out for a sample mixed from x₀ and ε at the level: the way back. */
export function toOutput(
  type: PredictionType,
  { alpha, sigma }: NoiseLevel,
  x0: Latent,
  epsilon: Latent,
): Latent {
  const scale = Math.hypot(alpha, sigma);
  switch (type) {
    case 'epsilon':
      return combine([1, epsilon]);
    case 'v_prediction':
      return combine([alpha / scale, epsilon], [-sigma / scale, x0]);
    case 'sample':
      return combine([1, x0]);
  }
}

/**
 * A denoiser made of a net F: D(x) = c_skip·x + c_out·F(c_in·x, c_noise).
 * Karras et al. 2022, equation 7 and table 1.
 */
export interface Preconditioning {
  readonly c_skip: number;
  readonly c_out: number;
  readonly c_in: number;
  /** What the net is fed as its timestep. */
  readonly c_noise: number;
}

/**
 * EDM's preconditioning at σ, for x = x₀ + σ·ε with x₀ of standard deviation sigma_data. EDMEulerScheduler calls
 * EDM's own form `epsilon`; its `v_prediction` turns the sign of c_out, and with sigma_data 1 that is what SVD and
 * CosXL use (SGM `VScalingWithEDMcNoise`: the net predicts v and is fed ln(σ)/4).
 * Sources: Karras et al. 2022, table 1; diffusers scheduling_edm_euler.py; SGM denoiser_scaling.py.
 */
export function edmPreconditioning(
  type: 'epsilon' | 'v_prediction',
  sigma: number,
  sigma_data: number,
): Preconditioning {
  const variance = sigma ** 2 + sigma_data ** 2;
  const c_out = (sigma * sigma_data) / Math.sqrt(variance);
  return {
    c_skip: sigma_data ** 2 / variance,
    c_out: type === 'epsilon' ? c_out : -c_out,
    c_in: 1 / Math.sqrt(variance),
    c_noise: 0.25 * Math.log(sigma),
  };
}

/** x₀ = c_skip·x + c_out·F. */
export function preconditionedX0({ c_skip, c_out }: Preconditioning, output: Latent, x: Latent): Latent {
  return combine([c_skip, x], [c_out, output]);
}

/** What the net F should put out for the sample x of a clean x₀: the way back. Not finite at σ = 0. */
export function preconditionedOutput({ c_skip, c_out }: Preconditioning, x0: Latent, x: Latent): Latent {
  return combine([1 / c_out, x0], [-c_skip / c_out, x]);
}
