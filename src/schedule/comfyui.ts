/**
 * ComfyUI's noise levels: how its models map timesteps to σ, and its schedulers by their own names.
 * Source: ComfyUI comfy/model_sampling.py and comfy/samplers.py. `linear_quadratic` is left out: it is for flow
 * models.
 */
import { COMFYUI_ZERO_SNR_FLOOR, withLast } from './alphas.ts';
import { betaQuantile } from './beta-quantile.ts';
import { at } from './latent.ts';
import { linspace, roundHalfEven } from './numeric.ts';
import { exponentialSigmas, interpolate, karrasSigmas, sigmasOf } from './sigmas.ts';

/** How a model's timesteps and noise levels belong together. */
export interface ModelSampling {
  /** Ascending; one for each training timestep, or 1000 that stand for a continuous range. */
  readonly sigmas: Float64Array;
  timestepOf(sigma: number): number;
  sigmaOf(timestep: number): number;
}

/**
 * The sampling of a model with a table of ᾱ (`ModelSamplingDiscrete`): SD1, SD2, SDXL.
 * @param zeroSnr whether the table is rescaled to zero terminal SNR (a `ztsnr` tensor in the file)
 */
export function discreteSampling(alphasCumprod: Float64Array, zeroSnr: boolean): ModelSampling {
  return tableSampling(sigmasOf(zeroSnr ? rescaled(alphasCumprod) : alphasCumprod, 'float64'));
}

/** The sampling of a table of σ, ascending, stored as float32. */
export function tableSampling(table: Float64Array): ModelSampling {
  const sigmas = table.map(Math.fround);
  const logSigmas = sigmas.map((sigma) => Math.fround(Math.log(sigma)));
  return {
    sigmas,
    timestepOf(sigma) {
      const distances = logSigmas.map((value) => Math.abs(value - Math.log(sigma)));
      return distances.indexOf(Math.min(...distances));
    },
    sigmaOf: (timestep) => Math.exp(interpolate(logSigmas, timestep)),
  };
}

/** The same shift and scale of √ᾱ as diffusers', with ComfyUI's own last entry. */
function rescaled(alphasCumprod: Float64Array): Float64Array {
  const roots = alphasCumprod.map(Math.sqrt);
  const [first, last] = [at(roots, 0), at(roots, roots.length - 1)];
  return withLast(
    roots.map((root) => ((root - last) * (first / (first - last))) ** 2),
    COMFYUI_ZERO_SNR_FLOOR,
  );
}

/**
 * The sampling of a model with a continuous range of σ (`ModelSamplingContinuousEDM`): Playground 2.5 with
 * 0.002 to 80, SVD with 0.002 to 700. The net is fed ln(σ)/4.
 */
export function continuousSampling(sigmaMin: number, sigmaMax: number): ModelSampling {
  return {
    sigmas: linspace(Math.log(sigmaMin), Math.log(sigmaMax), 1000).map(Math.exp),
    timestepOf: (sigma) => 0.25 * Math.log(sigma),
    sigmaOf: (timestep) => Math.exp(timestep / 0.25),
  };
}

/** Below this a first σ counts as 0, and no 0 is put after it. */
const ALREADY_ZERO = 1e-5;

function sigmaEnds({ sigmas }: ModelSampling): readonly [min: number, max: number] {
  return [at(sigmas, 0), at(sigmas, sigmas.length - 1)];
}

/** Noise levels from noisy to 0, one more than steps; `ddim_uniform` may give more, `beta` fewer. */
type ComfyScheduler = (sampling: ModelSampling, steps: number) => Float64Array;

const normal: ComfyScheduler = (sampling, steps) => {
  const [min, max] = sigmaEnds(sampling);
  const [start, end] = [sampling.timestepOf(max), sampling.timestepOf(min)];
  if (sampling.sigmaOf(end) <= ALREADY_ZERO) return linspace(start, end, steps + 1).map(sampling.sigmaOf);
  return Float64Array.of(...linspace(start, end, steps).map(sampling.sigmaOf), 0);
};

const sgmUniform: ComfyScheduler = (sampling, steps) => {
  const [min, max] = sigmaEnds(sampling);
  const timesteps = linspace(sampling.timestepOf(max), sampling.timestepOf(min), steps + 1).slice(0, -1);
  return Float64Array.of(...timesteps.map(sampling.sigmaOf), 0);
};

const simple: ComfyScheduler = ({ sigmas }, steps) => {
  const stride = sigmas.length / steps;
  const picked = Array.from({ length: steps }, (_, x) =>
    at(sigmas, sigmas.length - 1 - Math.floor(x * stride)),
  );
  return Float64Array.of(...picked, 0);
};

const ddimUniform: ComfyScheduler = ({ sigmas }, steps) => {
  const zeroFirst = at(sigmas, 1) <= ALREADY_ZERO;
  const stride = Math.max(Math.floor(sigmas.length / (zeroFirst ? steps + 1 : steps)), 1);
  const picked = sigmas.filter((_, t) => t >= 1 && (t - 1) % stride === 0);
  return Float64Array.from(zeroFirst ? picked : [0, ...picked]).reverse();
};

const beta: ComfyScheduler = ({ sigmas }, steps) => {
  const timesteps = Array.from({ length: steps }, (_, x) =>
    roundHalfEven(betaQuantile(1 - x / steps, 0.6, 0.6) * (sigmas.length - 1)),
  );
  // a timestep that comes twice in a row is taken once
  const picked = timesteps.filter((t, x) => t !== timesteps[x - 1]).map((t) => at(sigmas, t));
  return Float64Array.of(...picked, 0);
};

const klOptimal: ComfyScheduler = (sampling, steps) => {
  const [min, max] = sigmaEnds(sampling);
  return Float64Array.of(...linspace(Math.atan(max), Math.atan(min), steps).map(Math.tan), 0);
};

/** ComfyUI's schedulers by the names in its menus and workflows. */
export const comfySchedulers = {
  simple,
  sgm_uniform: sgmUniform,
  karras: (sampling, steps) => Float64Array.of(...karrasSigmas(steps, ...sigmaEnds(sampling)), 0),
  exponential: (sampling, steps) => Float64Array.of(...exponentialSigmas(steps, ...sigmaEnds(sampling)), 0),
  ddim_uniform: ddimUniform,
  beta,
  normal,
  kl_optimal: klOptimal,
} as const satisfies Readonly<Record<string, ComfyScheduler>>;
