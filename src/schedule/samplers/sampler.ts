import { type AlphaSettings, alphasCumprod, DIFFUSERS_ZERO_SNR_FLOOR, withLast } from '../alphas.ts';
import type { Latent, NoiseSource } from '../latent.ts';
import type { SchedulerClass, ScheduleSettings } from '../settings.ts';

/** What one step gives. */
export interface SamplerStep {
  /** The sample for the next step; after the last one, the picture's latent. */
  readonly next: Latent;
  /** The clean latent that the net's output points at. */
  readonly x0: Latent;
}

/**
 * A sampler over one latent, to be driven by hand:
 *
 * ```ts
 * let x = noise(length).map((value) => value * sampler.initNoiseSigma);
 * for (let i = 0; i < sampler.timesteps.length; i++) {
 *   const output = await net(sampler.scaleModelInput(x, i), sampler.timesteps[i]);
 *   x = sampler.step(output, i, x).next;
 * }
 * ```
 *
 * Multistep samplers remember outputs, so a sampler object serves one run, its steps taken in order.
 * Nothing is random but the injected noise source.
 */
export interface Sampler {
  /** What the net is fed as its timestep at each call, from noisy to clean; fractional for some. */
  readonly timesteps: Float64Array;
  /** σ/α of the sample at each call, and after the last: one number more than timesteps. */
  readonly sigmas: Float64Array;
  /** Standard deviation of the noise to start from. */
  readonly initNoiseSigma: number;
  /** What the net is fed for the sample x at call i. @throws {RangeError} when there is no call i. */
  scaleModelInput(x: Latent, i: number): Latent;
  /**
   * The step from the sample x, given the net's output at call i.
   * @throws {RangeError} when there is no call i, when a step that it builds on was not taken, or when the arrays
   * differ in length.
   */
  step(modelOutput: Latent, i: number, x: Latent): SamplerStep;
}

/** What a run is told beside the schedule. */
export interface SamplerOptions {
  /** Number of inference steps; the net is called up to twice as often (Heun). */
  readonly steps: number;
  /** Fresh noise for the samplers that add some. */
  readonly noise: NoiseSource;
  /** DDIM: share of DDPM's noise added at each step, 0 (none) to 1. Absent: 0. */
  readonly eta?: number;
}

/** The values of some settings that a sampler can run. */
type Supports = { readonly [Key in keyof ScheduleSettings]?: readonly ScheduleSettings[Key][] };

/** One file a sampler: what it is called, what it can run, and how one is made. */
export interface SamplerDefinition {
  readonly id: string;
  /** The diffusers class that it follows step by step. */
  readonly className: SchedulerClass;
  readonly supports: Supports;
  /** @throws {RangeError} when the number of steps does not suit the schedule. */
  create(settings: ScheduleSettings, options: SamplerOptions): Sampler;
}

/** ᾱ over the training timesteps as diffusers holds it, with σ kept finite at zero terminal SNR. */
export function finiteAlphas(settings: AlphaSettings): Float64Array {
  const alphas = alphasCumprod(settings, 'float32');
  return settings.rescale_betas_zero_snr ? withLast(alphas, DIFFUSERS_ZERO_SNR_FLOOR) : alphas;
}

/** A check, for samplers with a memory, that steps are taken one after the other from step 0. */
export function inOrder(): (i: number) => void {
  let expected = 0;
  return (i) => {
    if (i !== expected) throw new RangeError(`step ${i} was called, step ${expected} is next`);
    expected++;
  };
}
