import { at, combine, type Latent } from '../latent.ts';
import { roundHalfEven } from '../numeric.ts';
import { type NoiseLevel, toX0, vpLevelOfSigma } from '../prediction.ts';
import type { ScheduleSettings } from '../settings.ts';
import { interpolate, sigmasOf, timestepAt } from '../sigmas.ts';
import { solverTimesteps } from '../spacing.ts';
import { respace } from './k-sigmas.ts';
import { finiteAlphas, inOrder, type SamplerDefinition } from './sampler.ts';

/** Below this many steps the second last and the last step may fall back to lower orders. */
const FEW_STEPS = 15;

/**
 * Timesteps and noise levels of a run, and the level at which it ends.
 * Source: diffusers scheduling_dpmsolver_multistep.py, `set_timesteps`.
 */
function plan(settings: ScheduleSettings, steps: number) {
  const alphas = finiteAlphas(settings);
  const training = sigmasOf(alphas, 'float32');
  // λ = ln(α/σ) falls over the timesteps; those below the limit are the noisiest
  const used = alphas.filter(
    (alpha) => Math.log(Math.sqrt(alpha)) - Math.log(Math.sqrt(1 - alpha)) >= settings.lambda_min_clipped,
  ).length;
  const respaced = respace(settings, training.toReversed(), steps);
  const spaced = solverTimesteps(settings, steps, used);
  const logSigmas = training.map((sigma) => Math.fround(Math.log(sigma)));
  const whole =
    settings.use_karras_sigmas && settings.beta_schedule !== 'squaredcos_cap_v2' ? roundHalfEven : Math.trunc;
  return {
    timesteps: respaced?.map((sigma) => whole(timestepAt(logSigmas, sigma))) ?? spaced,
    levels: (respaced ?? spaced.map((t) => interpolate(training, t))).map(Math.fround),
    last: settings.final_sigmas_type === 'zero' ? 0 : at(training, 0),
  };
}

/** λ = ln(α/σ), half the logarithm of the signal-to-noise ratio; infinite at σ = 0. */
function lambda({ alpha, sigma }: NoiseLevel): number {
  return Math.log(alpha) - Math.log(sigma);
}

/**
 * DPM-Solver++(2M): the exact solution in λ for an x₀ that is constant (first order) or linear in λ (second order,
 * from the last two outputs). Steps in variance-preserving variables.
 * Source: Lu et al. 2022, "DPM-Solver++", equations 8 and 9 and algorithm 2; diffusers
 * scheduling_dpmsolver_multistep.py.
 */
export const dpmpp2m: SamplerDefinition = {
  id: 'dpmpp_2m',
  className: 'DPMSolverMultistepScheduler',
  supports: {
    algorithm_type: ['dpmsolver++'],
    solver_order: [1, 2],
    solver_type: ['midpoint', 'heun'],
    thresholding: [false],
    use_lu_lambdas: [false],
    use_flow_sigmas: [false],
    variance_type: [null],
  },
  create(settings, { steps }) {
    const { timesteps, levels, last } = plan(settings, steps);
    const sigmas = Float64Array.of(...levels, last);
    const check = inOrder();
    let previous: Latent | undefined;
    const final = (i: number) =>
      i === levels.length - 1 &&
      (settings.euler_at_final ||
        settings.final_sigmas_type === 'zero' ||
        (settings.lower_order_final && levels.length < FEW_STEPS));
    return {
      timesteps,
      sigmas,
      initNoiseSigma: 1,
      scaleModelInput: (x) => x,
      step(modelOutput, i, x) {
        const here = vpLevelOfSigma(at(levels, i));
        check(i);
        const there = vpLevelOfSigma(at(sigmas, i + 1));
        const x0 = toX0(settings.prediction_type, here, modelOutput, x);
        const h = lambda(there) - lambda(here);
        const gain = -there.alpha * Math.expm1(-h);
        const older = settings.solver_order === 2 && !final(i) ? previous : undefined;
        previous = x0;
        const shrink = there.sigma / here.sigma;
        if (older === undefined) return { next: combine([shrink, x], [gain, x0]), x0 };
        const ratio = (lambda(here) - lambda(vpLevelOfSigma(at(levels, i - 1)))) / h;
        const bend =
          (settings.solver_type === 'midpoint' ? gain / 2 : there.alpha * (Math.expm1(-h) / h + 1)) / ratio;
        return { next: combine([shrink, x], [gain + bend, x0], [-bend, older]), x0 };
      },
    };
  },
};
