import { at } from '../latent.ts';
import { toX0, veLevel } from '../prediction.ts';
import { eulerStep, planSigmas, startingSigma, unitVariance } from './k-sigmas.ts';
import type { SamplerDefinition } from './sampler.ts';

/**
 * Euler's method in k-diffusion's variables, without churn.
 * Source: Karras et al. 2022, algorithm 2 with S_churn = 0; diffusers scheduling_euler_discrete.py.
 */
export const euler: SamplerDefinition = {
  id: 'euler',
  className: 'EulerDiscreteScheduler',
  // log_linear lays one sigma more than timesteps in diffusers, so that its last step does not end at 0
  supports: { interpolation_type: ['linear'] },
  create(settings, { steps }) {
    const plan = planSigmas(settings, steps);
    const sigmas = Float64Array.of(...plan.sigmas, plan.last);
    const continuous = settings.timestep_type === 'continuous' && settings.prediction_type === 'v_prediction';
    return {
      timesteps: continuous ? plan.sigmas.map((sigma) => 0.25 * Math.log(sigma)) : plan.timesteps,
      sigmas,
      initNoiseSigma: startingSigma(settings, sigmas),
      scaleModelInput: (x, i) => unitVariance(x, at(plan.sigmas, i)),
      step(modelOutput, i, x) {
        const sigma = at(plan.sigmas, i);
        const x0 = toX0(settings.prediction_type, veLevel(sigma), modelOutput, x);
        return { next: eulerStep(x, x0, sigma, at(sigmas, i + 1)), x0 };
      },
    };
  },
};
