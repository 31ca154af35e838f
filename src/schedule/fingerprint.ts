/** Names a noise schedule by its ᾱ: the `alphas_cumprod` buffer inside LDM files tells what the net was trained on. */
import { type AlphaSettings, alphasCumprod, COMFYUI_ZERO_SNR_FLOOR } from './alphas.ts';
import type { BetaSchedule } from './betas.ts';
import { at } from './latent.ts';

/** Names of the known schedules, of our own giving. */
export type KnownScheduleId =
  | 'sd'
  | 'sd-zero-snr'
  | 'sd-linear'
  | 'ddpm'
  | 'ddpm-zero-snr'
  | 'x4-upscaler'
  | 'kolors'
  | 'ldm-0195'
  | 'ldm-0205'
  | 'ldm-0155'
  | 'ldm-015'
  | 'cosine'
  | 'legacy-fallback';

/** A schedule that published models were trained with. */
export interface KnownSchedule {
  readonly id: KnownScheduleId;
  /** Its numbers, in diffusers' words. */
  readonly settings: AlphaSettings;
  readonly usedBy: string;
}

const schedule = (
  id: KnownScheduleId,
  beta_schedule: BetaSchedule,
  beta_start: number,
  beta_end: number,
  usedBy: string,
  other: Partial<AlphaSettings> = {},
): KnownSchedule => ({
  id,
  settings: {
    num_train_timesteps: 1000,
    beta_schedule,
    beta_start,
    beta_end,
    trained_betas: null,
    rescale_betas_zero_snr: false,
    ...other,
  },
  usedBy,
});

/**
 * The schedules that a buffer is compared with. Sources: the published configs of the models named; CompVis
 * latent-diffusion configs/ and models/ldm/ for the LDM ones; diffusers' class defaults.
 */
export const knownSchedules: readonly KnownSchedule[] = [
  schedule('sd', 'scaled_linear', 0.00085, 0.012, 'Stable Diffusion 1, 2 and XL'),
  schedule(
    'sd-zero-snr',
    'scaled_linear',
    0.00085,
    0.012,
    'zero terminal SNR fine-tunes of Stable Diffusion',
    {
      rescale_betas_zero_snr: true,
    },
  ),
  schedule('sd-linear', 'linear', 0.00085, 0.012, 'AnimateDiff, Kandinsky 2'),
  schedule('ddpm', 'linear', 0.0001, 0.02, 'DDPM; the default of most diffusers classes'),
  schedule('ddpm-zero-snr', 'linear', 0.0001, 0.02, 'DDPM defaults rescaled to zero terminal SNR', {
    rescale_betas_zero_snr: true,
  }),
  schedule('x4-upscaler', 'scaled_linear', 0.0001, 0.02, 'Stable Diffusion x4 upscaler'),
  schedule('kolors', 'scaled_linear', 0.00085, 0.014, 'Kolors', { num_train_timesteps: 1100 }),
  schedule('ldm-0195', 'scaled_linear', 0.0015, 0.0195, 'LDM: CelebA-HQ, FFHQ, LSUN bedrooms, ImageNet'),
  schedule(
    'ldm-0205',
    'scaled_linear',
    0.0015,
    0.0205,
    'LDM: inpainting, layout to image, semantic synthesis',
  ),
  schedule('ldm-0155', 'scaled_linear', 0.0015, 0.0155, 'LDM: super-resolution, LSUN churches'),
  schedule('ldm-015', 'scaled_linear', 0.0015, 0.015, 'retrieval-augmented diffusion'),
  schedule('cosine', 'squaredcos_cap_v2', 0.0001, 0.02, 'improved DDPM, DeepFloyd IF, unCLIP'),
  schedule('legacy-fallback', 'scaled_linear', 0.02, 0.085, 'diffusers single-file loading without a config'),
];

/** `scaled_linear 0.00085 … 0.012`. */
export function describeSchedule({ settings }: KnownSchedule): string {
  const { beta_schedule, beta_start, beta_end } = settings;
  const zero = settings.rescale_betas_zero_snr ? ', zero terminal SNR' : '';
  return beta_schedule === 'squaredcos_cap_v2'
    ? `squaredcos_cap_v2${zero}`
    : `${beta_schedule} ${beta_start} … ${beta_end}${zero}`;
}

/** A schedule in three numbers. */
export interface ScheduleEnds {
  readonly firstAlpha: number;
  readonly lastAlpha: number;
  /** σ of the last timestep; infinite at zero terminal SNR. */
  readonly sigmaMax: number;
}

/** What a buffer of ᾱ is nearest to. */
export interface Fingerprint {
  readonly ends: ScheduleEnds;
  /** Absent when no known schedule has as many timesteps. */
  readonly nearest?: {
    readonly schedule: KnownSchedule;
    /** Largest difference in ᾱ over all timesteps. */
    readonly distance: number;
    /** Whether the distance is no more than storing the buffer as float16 explains. */
    readonly matches: boolean;
  };
}

/**
 * Rounding ᾱ near 1 to float16 moves it by up to 2⁻¹² = 2.4e-4; the two nearest known schedules are 4e-3 apart, and
 * a zero-SNR table differs from its plain one by more.
 */
const FLOAT16_ROUNDING = 2.5e-4;

/** First and last ᾱ and the largest σ. @throws {RangeError} for an empty table. */
export function scheduleEnds(alphas: ArrayLike<number>): ScheduleEnds {
  const [firstAlpha, lastAlpha] = [at(alphas, 0), at(alphas, alphas.length - 1)];
  return { firstAlpha, lastAlpha, sigmaMax: Math.sqrt((1 - lastAlpha) / lastAlpha) };
}

/**
 * Names the known schedule nearest to a table of ᾱ, one entry for each training timestep. The tiny ᾱ that programs
 * write in place of 0 at zero terminal SNR is no difference.
 * @throws {RangeError} for an empty table.
 */
export function fingerprintSchedule(alphas: ArrayLike<number>): Fingerprint {
  const ends = scheduleEnds(alphas);
  const candidates = knownSchedules
    .filter(({ settings }) => settings.num_train_timesteps === alphas.length)
    .map((schedule) => ({ schedule, distance: distanceTo(schedule, alphas) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = candidates;
  if (best === undefined) return { ends };
  return { ends, nearest: { ...best, matches: best.distance <= FLOAT16_ROUNDING } };
}

/** NaN in the table counts as the largest difference that there can be. */
function distanceTo({ settings }: KnownSchedule, alphas: ArrayLike<number>): number {
  const own = alphasCumprod(settings, 'float64');
  let largest = 0;
  for (let t = 0; t < own.length; t++) {
    const difference = Math.abs(at(own, t) - at(alphas, t));
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? 1 : difference;
  }
  return largest;
}

/** Whether a table ends in (what programs write for) zero terminal SNR. */
export function hasZeroTerminalSnr({ lastAlpha }: ScheduleEnds): boolean {
  // diffusers' 2⁻²⁴ is 1.2 times ComfyUI's; the smallest of the plain tables, DDPM's, is 4e-5
  return lastAlpha <= COMFYUI_ZERO_SNR_FLOOR * 2;
}
