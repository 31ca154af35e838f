import { linspace, type Precision, rounder, torchLinspace } from './numeric.ts';

/** The shapes of β over the training timesteps, by diffusers' names. `exp` and `laplace` are rare. */
export const BETA_SCHEDULES = [
  'linear',
  'scaled_linear',
  'squaredcos_cap_v2',
  'sigmoid',
  'exp',
  'laplace',
] as const;

export type BetaSchedule = (typeof BETA_SCHEDULES)[number];

/** What the betas are made of, by diffusers' names. */
export interface BetaSettings {
  readonly num_train_timesteps: number;
  readonly beta_schedule: BetaSchedule;
  /** β at the first timestep; the cosine-like schedules ignore it. */
  readonly beta_start: number;
  /** β at the last timestep. */
  readonly beta_end: number;
  /** The betas themselves; they replace the schedule, its ends and the number of timesteps. */
  readonly trained_betas: readonly number[] | null;
}

/** Programs whose words for a beta schedule differ. */
export type BetaProgram = 'diffusers' | 'ldm' | 'comfyui';

const LDM_NAMES: Readonly<Record<string, BetaSchedule>> = {
  linear: 'scaled_linear',
  sqrt_linear: 'linear',
  cosine: 'squaredcos_cap_v2',
};

/**
 * What each program's word means in diffusers' words. LDM (and A1111, Forge and SGM, which run its code) calls
 * `linear` what is linear in √β. LDM's `sqrt` has no name in diffusers and is left out.
 * Sources: CompVis latent-diffusion ldm/modules/diffusionmodules/util.py and ComfyUI
 * comfy/ldm/modules/diffusionmodules/util.py, `make_beta_schedule`; diffusers scheduling_ddpm.py.
 */
const BETA_NAMES: Readonly<Record<BetaProgram, ReadonlyMap<string, BetaSchedule>>> = {
  diffusers: new Map(BETA_SCHEDULES.map((name) => [name, name])),
  ldm: new Map(Object.entries(LDM_NAMES)),
  comfyui: new Map(Object.entries({ ...LDM_NAMES, squaredcos_cap_v2: 'squaredcos_cap_v2' })),
};

/** The schedule that a program means by a name, or undefined where it has none of that name. */
export function betaScheduleNamed(program: BetaProgram, name: string): BetaSchedule | undefined {
  return BETA_NAMES[program].get(name);
}

/**
 * β for every training timestep, each in (0, 1).
 * In float32 they are the numbers that diffusers' schedulers hold, up to their last bit.
 */
export function betas(settings: BetaSettings, precision: Precision): Float64Array {
  const { num_train_timesteps: count, beta_schedule, beta_start, beta_end, trained_betas } = settings;
  const round = rounder(precision);
  if (trained_betas !== null) return Float64Array.from(trained_betas, round);
  switch (beta_schedule) {
    case 'linear':
      return torchLinspace(beta_start, beta_end, count, precision);
    case 'scaled_linear':
      return torchLinspace(Math.sqrt(beta_start), Math.sqrt(beta_end), count, precision).map((root) =>
        round(root * root),
      );
    case 'sigmoid':
      return torchLinspace(-6, 6, count, precision).map((x) =>
        round(round(round(1 / (1 + Math.exp(-x))) * round(beta_end - beta_start)) + round(beta_start)),
      );
    case 'squaredcos_cap_v2':
      return fromAlphaBar(count, cosineAlphaBar).map(round);
    case 'exp':
      return fromAlphaBar(count, (t) => Math.exp(-12 * t)).map(round);
    case 'laplace':
      return fromAlphaBar(count, laplaceAlphaBar).map(round);
  }
}

/** Betas reach 1 where ᾱ reaches 0; this cap keeps the last one below. Nichol & Dhariwal 2021, section 3.2. */
const MAX_BETA = 0.999;

/** Betas whose cumulative product follows ᾱ(t), t in [0, 1]. diffusers scheduling_ddpm.py, `betas_for_alpha_bar`. */
function fromAlphaBar(count: number, alphaBar: (t: number) => number): Float64Array {
  return linspace(0, count - 1, count).map((step) =>
    Math.min(1 - alphaBar((step + 1) / count) / alphaBar(step / count), MAX_BETA),
  );
}

/** Nichol & Dhariwal 2021, equation 17, offset s = 0.008. */
function cosineAlphaBar(t: number): number {
  return Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2;
}

/** Hang & Gu 2024, "Improved Noise Schedule for Diffusion Training", as diffusers scheduling_ddpm.py has it. */
function laplaceAlphaBar(t: number): number {
  const side = 0.5 - t >= 0 ? 1 : -1;
  const snr = Math.exp(-0.5 * side * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6));
  return Math.sqrt(snr / (1 + snr));
}
