import type { KnownScheduleId } from '../../schedule/fingerprint.ts';
import type { FamilyMatch } from '../net.ts';
import type { Signature } from '../signature.ts';

/** How many heads an attention has: a fixed number, or as many as its width holds. */
export type HeadRule = { readonly heads: number } | { readonly headDim: number };

/** What every runtime assumes of a family because no shape tells it. */
interface Conventions {
  readonly heads: HeadRule;
  readonly prediction_type: 'epsilon' | 'v_prediction' | 'edm' | 'edm_v_prediction';
  /** Side of the net's own input (latent or pixels) at which it was trained. */
  readonly sampleSize: number;
  /** Factor between picture and latent; 1 for nets that work on pixels. */
  readonly vaeFactor: number;
  /** The noise schedule it was trained on; absent for that of Stable Diffusion. */
  readonly schedule?: KnownScheduleId;
  /** What the autoencoder's latent is multiplied by; absent for Stable Diffusion's 0.18215, or without a latent. */
  readonly vaeScale?: number;
}

/** Evidence from beside the U-Net that tells apart families of the same shapes. */
export interface Hints {
  /** Marker tensors and companions in the file: `v_pred`, `edm_mean`, `cc_projection` … */
  readonly markers?: ReadonlySet<string>;
  /** From metadata or a scheduler config, in diffusers' words. */
  readonly prediction_type?: string;
  /** `sample_size` of the U-Net's config. */
  readonly sample_size?: number;
  /** `_class_name` of model_index.json. */
  readonly pipeline?: string;
  /** `modelspec.architecture`. */
  readonly architecture?: string;
  /** The file's writer stores every projection as a convolution of one pixel: stable-diffusion.cpp. */
  readonly pointConvolutions?: true;
}

/** A family of U-Nets. One file each, one line in the registry. */
export interface Family {
  readonly id: string;
  readonly title: string;
  /** What its shapes are; a net belongs to the family when all of these are equal. */
  readonly signature: Partial<Signature>;
  readonly conventions: Conventions;
  /** For a family that shares its shapes with another: what in the hints speaks for it, or undefined. */
  toldBy?(hints: Hints): string | undefined;
  /** Where the facts come from. */
  readonly source: string;
}

/** A net's family, with the convention for its heads. */
export interface Matched {
  readonly match: FamilyMatch;
  readonly family?: Family;
  readonly heads: { readonly rule: HeadRule; readonly from: string };
}

/** Signature of a net without inputs beside the timestep and the text. */
export const NO_OTHER_INPUTS = {
  added_width: undefined,
  class_width: undefined,
  classes: undefined,
  guidance_dim: undefined,
  encoder_hid_dim: undefined,
} satisfies Partial<Signature>;

/** Heads that a rule gives an attention of this width. */
export function headsAt(rule: HeadRule, width: number): number {
  return 'heads' in rule ? rule.heads : width / rule.headDim;
}

/** `count` times the same depth. */
export function times(count: number, depth: number): number[] {
  return Array.from({ length: count }, () => depth);
}
