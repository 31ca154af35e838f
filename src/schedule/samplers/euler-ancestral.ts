import { at, combine } from '../latent.ts';
import { toX0, veLevel } from '../prediction.ts';
import { eulerStep, planSigmas, startingSigma, unitVariance } from './k-sigmas.ts';
import type { SamplerDefinition } from './sampler.ts';

/**
 * Euler's method with fresh noise at each step: down to σ_down, then up to the next σ by σ_up of noise.
 * Source: k-diffusion sampling.py, `get_ancestral_step` with eta 1; diffusers
 * scheduling_euler_ancestral_discrete.py.
 */
export const eulerAncestral: SamplerDefinition = {
  id: 'euler_ancestral',
  className: 'EulerAncestralDiscreteScheduler',
  // diffusers raises NotImplementedError for `sample`
  supports: { prediction_type: ['epsilon', 'v_prediction'] },
  create(settings, { steps, noise }) {
    const plan = planSigmas(settings, steps);
    const sigmas = Float64Array.of(...plan.sigmas, plan.last);
    return {
      timesteps: plan.timesteps,
      sigmas,
      initNoiseSigma: startingSigma(settings, sigmas),
      scaleModelInput: (x, i) => unitVariance(x, at(plan.sigmas, i)),
      step(modelOutput, i, x) {
        const [from, to] = [at(plan.sigmas, i), at(sigmas, i + 1)];
        const up = Math.sqrt((to ** 2 * (from ** 2 - to ** 2)) / from ** 2);
        const down = Math.sqrt(to ** 2 - up ** 2);
        const x0 = toX0(settings.prediction_type, veLevel(from), modelOutput, x);
        return { next: combine([1, eulerStep(x, x0, from, down)], [up, noise(x.length)]), x0 };
      },
    };
  },
};
