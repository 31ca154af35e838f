import { alphasCumprod } from '../alphas.ts';
import { at, clamp, combine } from '../latent.ts';
import { toEpsilon, toX0, vpLevel } from '../prediction.ts';
import { sigmasOf } from '../sigmas.ts';
import { spacedTimesteps } from '../spacing.ts';
import type { SamplerDefinition } from './sampler.ts';

/**
 * DDIM: x₀ from the output, then back to the noise level one stride below, with the same ε (eta 0) or with some of
 * it replaced by fresh noise (eta up to 1, which is DDPM).
 *
 * As in diffusers the stride is ⌊num_train_timesteps / steps⌋ whatever the spacing. With `linspace`, or a number of
 * steps that does not divide the timesteps, a step ends at another noise level than the next one starts from, and
 * with `trailing` the last one may stop short of the clean picture.
 * Source: Song et al. 2021, "Denoising Diffusion Implicit Models", equations 12 and 16; diffusers
 * scheduling_ddim.py.
 */
export const ddim: SamplerDefinition = {
  id: 'ddim',
  className: 'DDIMScheduler',
  supports: { thresholding: [false] },
  create(settings, { steps, noise, eta = 0 }) {
    const alphas = alphasCumprod(settings, 'float32');
    const timesteps = spacedTimesteps(settings, steps, true);
    const stride = Math.floor(settings.num_train_timesteps / steps);
    const final = settings.set_alpha_to_one ? 1 : at(alphas, 0);
    const before = timesteps.map((t) => (t < stride ? final : at(alphas, t - stride)));
    const here = timesteps.map((t) => at(alphas, t));
    return {
      timesteps,
      sigmas: sigmasOf(Float64Array.of(...here, at(before, before.length - 1)), 'float64'),
      initNoiseSigma: 1,
      scaleModelInput: (x) => x,
      step(modelOutput, i, x) {
        const [alpha, alphaBefore] = [at(here, i), at(before, i)];
        const predicted = toX0(settings.prediction_type, vpLevel(alpha), modelOutput, x);
        const x0 = settings.clip_sample ? clamp(predicted, settings.clip_sample_range) : predicted;
        const epsilon = toEpsilon(settings.prediction_type, vpLevel(alpha), modelOutput, x);
        const variance = ((1 - alphaBefore) / (1 - alpha)) * (1 - alpha / alphaBefore);
        const spread = eta * Math.sqrt(variance);
        const kept = Math.sqrt(1 - alphaBefore - spread ** 2);
        const next = combine([Math.sqrt(alphaBefore), x0], [kept, epsilon]);
        return { next: eta === 0 ? next : combine([1, next], [spread, noise(x.length)]), x0 };
      },
    };
  },
};
