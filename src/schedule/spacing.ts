import { arangeDown, linspace, roundHalfEven } from './numeric.ts';

/** How inference timesteps are chosen among the training ones. Lin et al. 2023, table 2. */
export const TIMESTEP_SPACINGS = ['linspace', 'leading', 'trailing'] as const;

type TimestepSpacing = (typeof TIMESTEP_SPACINGS)[number];

/** What the timesteps are made of, by diffusers' names. */
export interface SpacingSettings {
  readonly num_train_timesteps: number;
  readonly timestep_spacing: TimestepSpacing;
  /** Added to `leading` timesteps; Stable Diffusion wants 1. The other spacings ignore it. */
  readonly steps_offset: number;
}

/**
 * `count` timesteps from noisy to clean, as the DDIM, Euler, Euler ancestral and Heun schedulers of diffusers
 * choose them. With `trailing` some counts (61, 103, 121 … of 1000) give one timestep more, −1, by a rounding error
 * in numpy's `arange`; it is kept, because diffusers runs it.
 * @param whole whether `linspace` is rounded to whole timesteps (DDIM, PNDM) or left fractional (Euler, Heun)
 * @throws {RangeError} when count is not a whole number from 1 to num_train_timesteps.
 */
export function spacedTimesteps(settings: SpacingSettings, count: number, whole: boolean): Float64Array {
  const { num_train_timesteps: total, timestep_spacing, steps_offset } = settings;
  assertSteps(count, total);
  switch (timestep_spacing) {
    case 'linspace':
      return linspace(0, total - 1, count)
        .map((t) => (whole ? roundHalfEven(t) : Math.fround(t)))
        .reverse();
    case 'leading': {
      const ratio = Math.floor(total / count);
      return linspace(0, count - 1, count)
        .map((index) => index * ratio + steps_offset)
        .reverse();
    }
    case 'trailing':
      return trailing(total, total / count);
  }
}

/**
 * The timesteps of DPMSolverMultistepScheduler: `linspace` and `leading` lay one timestep more and drop the cleanest.
 * @param last how many training timesteps are used, below num_train_timesteps where the noisiest are clipped
 * @throws {RangeError} when count is not a whole number from 1 to num_train_timesteps.
 */
export function solverTimesteps(settings: SpacingSettings, count: number, last: number): Float64Array {
  const { num_train_timesteps: total, timestep_spacing, steps_offset } = settings;
  assertSteps(count, total);
  switch (timestep_spacing) {
    case 'linspace':
      return linspace(0, last - 1, count + 1)
        .map(roundHalfEven)
        .reverse()
        .slice(0, -1);
    case 'leading': {
      const ratio = Math.floor(last / (count + 1));
      return linspace(0, count, count + 1)
        .reverse()
        .slice(0, -1)
        .map((index) => index * ratio + steps_offset);
    }
    case 'trailing':
      return trailing(last, total / count);
  }
}

/**
 * The timesteps of PNDMScheduler with skip_prk_steps: DDIM's, the second one twice, since the first PLMS step is
 * done over as a two-stage one.
 * @throws {RangeError} when count is not a whole number from 1 to num_train_timesteps.
 */
export function plmsTimesteps(settings: SpacingSettings, count: number): Float64Array {
  const [first, ...rest] = spacedTimesteps(settings, count, true);
  return Float64Array.from([first, ...rest.slice(0, 1), ...rest].filter((t) => t !== undefined));
}

/**
 * The timesteps of LCMScheduler: `count` of the `original_inference_steps` that the net was distilled on.
 * `timestep_spacing` and `steps_offset` play no part.
 * @throws {RangeError} when count is not a whole number from 1 to original_inference_steps.
 */
export function lcmTimesteps(
  {
    num_train_timesteps: total,
    original_inference_steps: original,
  }: {
    readonly num_train_timesteps: number;
    readonly original_inference_steps: number;
  },
  count: number,
): Float64Array {
  assertSteps(original, total);
  assertSteps(count, original);
  const ratio = Math.floor(total / original);
  const stride = original / count;
  return Float64Array.from(
    { length: count },
    (_, index) => (original - Math.floor(index * stride)) * ratio - 1,
  );
}

function trailing(start: number, ratio: number): Float64Array {
  return arangeDown(start, ratio).map((t) => roundHalfEven(t) - 1);
}

function assertSteps(count: number, most: number): void {
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new RangeError(`${count} steps: a whole number from 1 to ${most} is needed`);
  }
}
