import { at, clamp, combine, type Latent } from '../latent.ts';
import { toX0, veLevel } from '../prediction.ts';
import { eulerStep, planSigmas, startingSigma, unitVariance } from './k-sigmas.ts';
import { inOrder, type SamplerDefinition } from './sampler.ts';

/** Every number but the first twice: the net is called at each level on arrival and on leaving. */
function twiceAfterFirst(values: Float64Array): Float64Array {
  return Float64Array.from([...values].flatMap((value, index) => (index === 0 ? [value] : [value, value])));
}

/**
 * Heun's second-order method: an Euler step, then the step again with the mean of the slopes at both ends. Even
 * calls take the first, odd calls mend it; the last step, to σ = 0, is Euler's alone.
 * Source: Karras et al. 2022, algorithm 1; diffusers scheduling_heun_discrete.py.
 */
export const heun: SamplerDefinition = {
  id: 'heun',
  className: 'HeunDiscreteScheduler',
  supports: {},
  create(settings, { steps }) {
    const plan = planSigmas(settings, steps);
    const levels = twiceAfterFirst(plan.sigmas);
    const check = inOrder();
    let begun: { readonly x: Latent; readonly slope: Latent } | undefined;
    const slopeAt = (x: Latent, x0: Latent, sigma: number) => combine([1 / sigma, x], [-1 / sigma, x0]);
    return {
      timesteps: twiceAfterFirst(plan.timesteps),
      sigmas: Float64Array.of(...levels, 0),
      initNoiseSigma: startingSigma(settings, levels),
      scaleModelInput: (x, i) => unitVariance(x, at(levels, i)),
      step(modelOutput, i, x) {
        const sigma = at(levels, i);
        check(i);
        const predicted = toX0(settings.prediction_type, veLevel(sigma), modelOutput, x);
        const x0 = settings.clip_sample ? clamp(predicted, settings.clip_sample_range) : predicted;
        const slope = slopeAt(x, x0, sigma);
        if (begun === undefined) {
          begun = { x, slope };
          return { next: eulerStep(x, x0, sigma, levels[i + 1] ?? 0), x0 };
        }
        const half = (sigma - at(levels, i - 1)) / 2;
        const next = combine([1, begun.x], [half, begun.slope], [half, slope]);
        begun = undefined;
        return { next, x0 };
      },
    };
  },
};
