import { at, combine } from '../latent.ts';
import { edmPreconditioning, preconditionedX0 } from '../prediction.ts';
import { exponentialSigmas, karrasSigmas } from '../sigmas.ts';
import { eulerStep } from './k-sigmas.ts';
import type { SamplerDefinition } from './sampler.ts';

/** EDM's own range of noise, for pictures of standard deviation 0.5. Karras et al. 2022, table 1. */
const EDM_SIGMA_MIN = 0.002;
const EDM_SIGMA_MAX = 80;

/**
 * Euler's method for nets with EDM's preconditioning (Playground 2.5): noise levels of its own, no betas.
 * Source: Karras et al. 2022, section 3 and table 1; diffusers scheduling_edm_euler.py.
 */
export const edmEuler: SamplerDefinition = {
  id: 'edm_euler',
  className: 'EDMEulerScheduler',
  supports: { prediction_type: ['epsilon', 'v_prediction'] },
  create(settings, { steps }) {
    const { sigma_min, sigma_max, sigma_data, rho, prediction_type } = settings;
    const [smallest, largest] = [sigma_min ?? EDM_SIGMA_MIN, sigma_max ?? EDM_SIGMA_MAX];
    const laid =
      settings.sigma_schedule === 'karras'
        ? karrasSigmas(steps, smallest, largest, rho)
        : exponentialSigmas(steps, smallest, largest);
    const levels = laid.map(Math.fround);
    const last = settings.final_sigmas_type === 'zero' ? 0 : at(levels, levels.length - 1);
    const sigmas = Float64Array.of(...levels, last);
    const type = prediction_type === 'v_prediction' ? 'v_prediction' : 'epsilon';
    const preconditionings = Array.from(levels, (sigma) => edmPreconditioning(type, sigma, sigma_data));
    const preconditioning = (i: number) => {
      const found = preconditionings[i];
      if (found === undefined) throw new RangeError(`there is no call ${i} among ${levels.length}`);
      return found;
    };
    return {
      timesteps: Float64Array.from(preconditionings, ({ c_noise }) => c_noise),
      sigmas,
      initNoiseSigma: Math.hypot(largest, 1),
      scaleModelInput: (x, i) => combine([preconditioning(i).c_in, x]),
      step(modelOutput, i, x) {
        const x0 = preconditionedX0(preconditioning(i), modelOutput, x);
        return { next: eulerStep(x, x0, at(levels, i), at(sigmas, i + 1)), x0 };
      },
    };
  },
};
