/** What nearly every program holds of a model, so that each states only where it differs. */
import type { AssumedValues, Assumptions } from './runtime.ts';

export const SD1 = {
  prediction_type: 'epsilon',
  schedule: 'sd',
  zero_terminal_snr: false,
  vae_scale: 0.18215,
  clip_skip: 1,
  text_encoder: 'clip-l',
  cross_attention_dim: 768,
  attention_heads: { heads: 8 },
  projection: 'conv',
} as const satisfies Partial<AssumedValues>;

export const SD2 = {
  schedule: 'sd',
  zero_terminal_snr: false,
  vae_scale: 0.18215,
  clip_skip: 2,
  text_encoder: 'openclip-h',
  cross_attention_dim: 1024,
  attention_heads: { headDim: 64 },
  projection: 'linear',
} as const satisfies Partial<AssumedValues>;

export const SDXL = {
  prediction_type: 'epsilon',
  schedule: 'sd',
  zero_terminal_snr: false,
  vae_scale: 0.13025,
  clip_skip: 2,
  text_encoder: 'clip-l, openclip-g',
  cross_attention_dim: 2048,
  attention_heads: { headDim: 64 },
  projection: 'linear',
} as const satisfies Partial<AssumedValues>;

export const REFINER = {
  ...SDXL,
  text_encoder: 'openclip-g',
  cross_attention_dim: 1280,
} as const satisfies Partial<AssumedValues>;

/** Values that a program takes whatever the file says, all from one place in its source. */
export function assumed(values: Partial<AssumedValues>, because: string, from: string): Assumptions {
  const entries = Object.entries(values).map(([key, value]) => [key, { value, because, from }]);
  // the keys are those of the values, each with its own value
  return Object.fromEntries(entries) as Assumptions;
}

/** The same without a schedule of betas, where the prediction is one of EDM's own scaling. */
export function withoutBetas(assumes: Assumptions): Assumptions {
  if (assumes.prediction_type?.value?.startsWith('edm') !== true) return assumes;
  const { schedule: _, zero_terminal_snr: __, ...rest } = assumes;
  return rest;
}
