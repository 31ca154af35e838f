import { alphasCumprod } from '../alphas.ts';
import { at, clamp, combine } from '../latent.ts';
import { toX0, vpLevel } from '../prediction.ts';
import { sigmasOf } from '../sigmas.ts';
import { lcmTimesteps } from '../spacing.ts';
import type { SamplerDefinition } from './sampler.ts';

/** Standard deviation of the data in the boundary condition: fixed in diffusers. */
const SIGMA_DATA = 0.5;

/**
 * Latent consistency models: straight to x₀ at each step, then fresh noise up to the next level. The boundary
 * condition c_skip·x + c_out·x₀ makes the net the identity at t = 0.
 * Source: Luo et al. 2023, "Latent Consistency Models", section 4 and algorithm 3; diffusers scheduling_lcm.py.
 */
export const lcm: SamplerDefinition = {
  id: 'lcm',
  className: 'LCMScheduler',
  supports: { thresholding: [false] },
  create(settings, { steps, noise }) {
    const alphas = alphasCumprod(settings, 'float32');
    const timesteps = lcmTimesteps(settings, steps);
    const here = timesteps.map((t) => at(alphas, t));
    return {
      timesteps,
      sigmas: sigmasOf(Float64Array.of(...here, 1), 'float64'),
      initNoiseSigma: 1,
      scaleModelInput: (x) => x,
      step(modelOutput, i, x) {
        const predicted = toX0(settings.prediction_type, vpLevel(at(here, i)), modelOutput, x);
        const clipped = settings.clip_sample ? clamp(predicted, settings.clip_sample_range) : predicted;
        const scaled = at(timesteps, i) * settings.timestep_scaling;
        const variance = scaled ** 2 + SIGMA_DATA ** 2;
        const x0 = combine([scaled / Math.sqrt(variance), clipped], [SIGMA_DATA ** 2 / variance, x]);
        const next = here[i + 1];
        if (next === undefined) return { next: x0, x0 };
        const { alpha, sigma } = vpLevel(next);
        return { next: combine([alpha, x0], [sigma, noise(x.length)]), x0 };
      },
    };
  },
};
