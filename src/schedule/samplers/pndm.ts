import { alphasCumprod } from '../alphas.ts';
import { at, combine, type Latent } from '../latent.ts';
import { toEpsilon, toX0, vpLevel } from '../prediction.ts';
import { sigmasOf } from '../sigmas.ts';
import { plmsTimesteps } from '../spacing.ts';
import { inOrder, type SamplerDefinition } from './sampler.ts';

/** Adams-Bashforth weights of the newest output first, by how many there are: Liu et al. 2022, equation 12. */
const WEIGHTS: readonly (readonly [number, ...number[]])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];

/** The Adams-Bashforth mean of the outputs, newest first. */
function multistep(newest: Latent, older: readonly Latent[]): Latent {
  const [first, ...rest] = WEIGHTS[older.length] ?? [1];
  return combine([first, newest], ...rest.map((weight, k) => [weight, older[k] ?? newest] as const));
}

/**
 * PLMS, the way Stable Diffusion 1 and 2 run PNDM (skip_prk_steps): a multistep mean of the outputs in DDIM's
 * transfer. The first step is taken twice, the second time with the mean of the outputs at both its ends.
 * diffusers gives no x₀ for it; here it is that of the net's plain output.
 * Source: Liu et al. 2022, "Pseudo Numerical Methods for Diffusion Models on Manifolds", equations 11 and 12;
 * diffusers scheduling_pndm.py, `step_plms`.
 */
export const pndm: SamplerDefinition = {
  id: 'pndm',
  className: 'PNDMScheduler',
  supports: { skip_prk_steps: [true], prediction_type: ['epsilon', 'v_prediction'] },
  create(settings, { steps }) {
    const alphas = alphasCumprod(settings, 'float32');
    const timesteps = plmsTimesteps(settings, steps);
    const stride = Math.floor(settings.num_train_timesteps / steps);
    const alphaAt = (t: number) => (t >= 0 ? at(alphas, t) : settings.set_alpha_to_one ? 1 : at(alphas, 0));
    const here = timesteps.map((t) => at(alphas, t));
    const end = alphaAt(at(timesteps, timesteps.length - 1) - stride);
    const check = inOrder();
    let start: Latent | undefined;
    let outputs: readonly Latent[] = [];

    const transfer = (x: Latent, output: Latent, from: number, to: number) => {
      const [alpha, alphaTo] = [alphaAt(from), alphaAt(to)];
      const epsilon = toEpsilon(settings.prediction_type, vpLevel(alpha), output, x);
      const scale = alpha * Math.sqrt(1 - alphaTo) + Math.sqrt(alpha * (1 - alpha) * alphaTo);
      return combine([Math.sqrt(alphaTo / alpha), x], [-(alphaTo - alpha) / scale, epsilon]);
    };

    return {
      timesteps,
      sigmas: sigmasOf(Float64Array.of(...here, end), 'float64'),
      initNoiseSigma: 1,
      scaleModelInput: (x) => x,
      step(modelOutput, i, x) {
        const t = at(timesteps, i);
        check(i);
        const x0 = toX0(settings.prediction_type, vpLevel(at(here, i)), modelOutput, x);
        const [newest] = outputs;
        if (i === 1 && start !== undefined && newest !== undefined) {
          const mean = combine([0.5, modelOutput], [0.5, newest]);
          return { next: transfer(start, mean, t + stride, t), x0 };
        }
        if (i === 0) start = x;
        const next = transfer(x, multistep(modelOutput, outputs), t, t - stride);
        outputs = [modelOutput, ...outputs].slice(0, 3);
        return { next, x0 };
      },
    };
  },
};
