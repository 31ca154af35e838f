/** What a diffusers scheduler can be told, and what each class assumes where it is told nothing. */
import type { AlphaSettings } from './alphas.ts';
import type { PredictionType } from './prediction.ts';
import type { SpacingSettings } from './spacing.ts';

/** The noise level at which the last step ends: 0, or that of the first training timestep. */
export const FINAL_SIGMAS_TYPES = ['zero', 'sigma_min'] as const;

/** Every setting that decides what a sampler computes, by diffusers' names. */
export interface ScheduleSettings extends AlphaSettings, SpacingSettings {
  readonly prediction_type: PredictionType;
  /** DDIM, LCM, PNDM: whether the last step ends at ᾱ = 1 or at that of the first training timestep. */
  readonly set_alpha_to_one: boolean;
  /** Whether each x₀ is held within ±clip_sample_range: for nets on pixels, never for latents. */
  readonly clip_sample: boolean;
  readonly clip_sample_range: number;
  /** Imagen's dynamic thresholding; for nets on pixels. */
  readonly thresholding: boolean;
  readonly use_karras_sigmas: boolean;
  readonly use_exponential_sigmas: boolean;
  readonly use_beta_sigmas: boolean;
  readonly use_lu_lambdas: boolean;
  readonly use_flow_sigmas: boolean;
  readonly interpolation_type: string;
  /** `continuous` with v_prediction: the net is fed ln(σ)/4 in place of a timestep (SVD). */
  readonly timestep_type: 'discrete' | 'continuous';
  /** Ends of the Karras, exponential or beta sigmas; null: those of the training timesteps in use. */
  readonly sigma_min: number | null;
  readonly sigma_max: number | null;
  readonly final_sigmas_type: (typeof FINAL_SIGMAS_TYPES)[number];
  readonly solver_order: number;
  readonly algorithm_type: string;
  readonly solver_type: string;
  /** Whether the last steps of fewer than 15 fall back to lower orders. */
  readonly lower_order_final: boolean;
  readonly euler_at_final: boolean;
  /** ln(α/σ) below which training timesteps are left out: for the cosine schedule. */
  readonly lambda_min_clipped: number;
  /** `learned…`: the net puts out a variance beside its prediction. */
  readonly variance_type: string | null;
  /** LCM: the number of timesteps that the net was distilled on, and the scale of its boundary condition. */
  readonly original_inference_steps: number;
  readonly timestep_scaling: number;
  /** PNDM: whether it starts without Runge-Kutta steps, as Stable Diffusion does. */
  readonly skip_prk_steps: boolean;
  /** EDM: standard deviation of the data, spacing of the sigmas and Karras' ρ. */
  readonly sigma_data: number;
  readonly sigma_schedule: 'karras' | 'exponential';
  readonly rho: number;
}

type Some = Partial<ScheduleSettings>;

/** What the settings say that a class does not have: the least they can. */
const NEUTRAL: ScheduleSettings = {
  num_train_timesteps: 1000,
  beta_schedule: 'linear',
  beta_start: 0.0001,
  beta_end: 0.02,
  trained_betas: null,
  rescale_betas_zero_snr: false,
  prediction_type: 'epsilon',
  timestep_spacing: 'linspace',
  steps_offset: 0,
  set_alpha_to_one: true,
  clip_sample: false,
  clip_sample_range: 1,
  thresholding: false,
  use_karras_sigmas: false,
  use_exponential_sigmas: false,
  use_beta_sigmas: false,
  use_lu_lambdas: false,
  use_flow_sigmas: false,
  interpolation_type: 'linear',
  timestep_type: 'discrete',
  sigma_min: null,
  sigma_max: null,
  final_sigmas_type: 'zero',
  solver_order: 2,
  algorithm_type: 'dpmsolver++',
  solver_type: 'midpoint',
  lower_order_final: true,
  euler_at_final: false,
  lambda_min_clipped: Number.NEGATIVE_INFINITY,
  variance_type: null,
  original_inference_steps: 50,
  timestep_scaling: 10,
  skip_prk_steps: true,
  sigma_data: 0.5,
  sigma_schedule: 'karras',
  rho: 7,
};

/** In every class made of betas. */
const BETAS_ALONE = {
  num_train_timesteps: 1000,
  beta_start: 0.0001,
  beta_end: 0.02,
  beta_schedule: 'linear',
  trained_betas: null,
  prediction_type: 'epsilon',
} satisfies Some;

const BETAS = { ...BETAS_ALONE, steps_offset: 0, timestep_spacing: 'linspace' } satisfies Some;
const LATENT_BETAS = { beta_start: 0.00085, beta_end: 0.012 } satisfies Some;
const OTHER_SIGMAS = {
  use_karras_sigmas: false,
  use_exponential_sigmas: false,
  use_beta_sigmas: false,
} satisfies Some;
const SOLVER = {
  ...OTHER_SIGMAS,
  solver_order: 2,
  thresholding: false,
  use_flow_sigmas: false,
} satisfies Some;
const DPM_SOLVER = {
  ...SOLVER,
  algorithm_type: 'dpmsolver++',
  solver_type: 'midpoint',
  final_sigmas_type: 'zero',
  lambda_min_clipped: Number.NEGATIVE_INFINITY,
  variance_type: null,
} satisfies Some;
const CONSISTENCY = {
  ...BETAS,
  ...LATENT_BETAS,
  beta_schedule: 'scaled_linear',
  original_inference_steps: 50,
  clip_sample: false,
  clip_sample_range: 1,
  set_alpha_to_one: true,
  thresholding: false,
  timestep_spacing: 'leading',
  timestep_scaling: 10,
  rescale_betas_zero_snr: false,
} satisfies Some;
const PIXELS = {
  ...BETAS,
  clip_sample: true,
  clip_sample_range: 1,
  thresholding: false,
  timestep_spacing: 'leading',
  rescale_betas_zero_snr: false,
} satisfies Some;
const EDM = {
  num_train_timesteps: 1000,
  prediction_type: 'epsilon',
  sigma_min: 0.002,
  sigma_max: 80,
  sigma_data: 0.5,
  sigma_schedule: 'karras',
  rho: 7,
} satisfies Some;

/**
 * The settings that each class has, with the values it takes where its config is silent. Several bite: DDIM assumes
 * betas from 1e-4 to 0.02, `linear`, clips x₀ and uses offset 0, none of which suits Stable Diffusion.
 * Source: the `__init__` of each class in diffusers 0.42.1, src/diffusers/schedulers/.
 */
const CLASS_DEFAULTS = {
  DDIMScheduler: { ...PIXELS, set_alpha_to_one: true },
  DDPMScheduler: { ...PIXELS, variance_type: 'fixed_small' },
  PNDMScheduler: { ...BETAS, skip_prk_steps: false, set_alpha_to_one: false, timestep_spacing: 'leading' },
  EulerDiscreteScheduler: {
    ...BETAS,
    ...OTHER_SIGMAS,
    interpolation_type: 'linear',
    sigma_min: null,
    sigma_max: null,
    timestep_type: 'discrete',
    rescale_betas_zero_snr: false,
    final_sigmas_type: 'zero',
  },
  EulerAncestralDiscreteScheduler: { ...BETAS, rescale_betas_zero_snr: false },
  HeunDiscreteScheduler: {
    ...BETAS,
    ...LATENT_BETAS,
    ...OTHER_SIGMAS,
    clip_sample: false,
    clip_sample_range: 1,
  },
  LMSDiscreteScheduler: { ...BETAS, ...OTHER_SIGMAS },
  KDPM2DiscreteScheduler: { ...BETAS, ...LATENT_BETAS, ...OTHER_SIGMAS },
  KDPM2AncestralDiscreteScheduler: { ...BETAS, ...LATENT_BETAS, ...OTHER_SIGMAS },
  DPMSolverMultistepScheduler: {
    ...BETAS,
    ...DPM_SOLVER,
    lower_order_final: true,
    euler_at_final: false,
    use_lu_lambdas: false,
    rescale_betas_zero_snr: false,
  },
  DPMSolverSinglestepScheduler: { ...BETAS_ALONE, ...DPM_SOLVER, lower_order_final: false },
  DEISMultistepScheduler: {
    ...BETAS,
    ...SOLVER,
    algorithm_type: 'deis',
    solver_type: 'logrho',
    lower_order_final: true,
  },
  UniPCMultistepScheduler: {
    ...BETAS,
    ...SOLVER,
    solver_type: 'bh2',
    lower_order_final: true,
    final_sigmas_type: 'zero',
    rescale_betas_zero_snr: false,
    sigma_min: null,
    sigma_max: null,
  },
  LCMScheduler: CONSISTENCY,
  TCDScheduler: CONSISTENCY,
  EDMEulerScheduler: { ...EDM, final_sigmas_type: 'zero' },
  EDMDPMSolverMultistepScheduler: {
    ...EDM,
    solver_order: 2,
    thresholding: false,
    algorithm_type: 'dpmsolver++',
    solver_type: 'midpoint',
    lower_order_final: true,
    euler_at_final: false,
    final_sigmas_type: 'zero',
  },
} satisfies Readonly<Record<string, Some>>;

/** A scheduler class of diffusers whose settings are known here. */
export type SchedulerClass = keyof typeof CLASS_DEFAULTS;

const CLASSES: ReadonlyMap<string, SchedulerClass> = new Map(
  (Object.keys(CLASS_DEFAULTS) as SchedulerClass[]).map((name) => [name, name]),
);

/** The class of that name, or undefined: names come from files, so they are looked up, never indexed. */
export function schedulerClassNamed(name: string): SchedulerClass | undefined {
  return CLASSES.get(name);
}

/** The settings that the class has, with its own defaults. */
export function classDefaults(className: SchedulerClass): Some {
  return CLASS_DEFAULTS[className];
}

/** All settings of a scheduler of that class that is told only the given ones. */
export function scheduleSettings(className: SchedulerClass, told: Some = {}): ScheduleSettings {
  return { ...NEUTRAL, ...classDefaults(className), ...told };
}
