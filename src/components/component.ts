import type { Fact, Net } from '../topology/net.ts';
import type { NamedTensor } from '../topology/named.ts';
import type { Problem } from '../topology/problem.ts';
import type { AutoencoderModel, TextModel } from './model.ts';

export type ComponentKind =
  | 'unet'
  | 'ema' // a second, complete U-Net: the averaged weights
  | 'vae'
  | 'text_encoder'
  | 'image_encoder'
  | 'controlnet'
  | 't2i_adapter'
  | 'ip_adapter'
  | 'lora'
  | 'motion_module'
  | 'textual_inversion'
  | 'depth_estimator'
  | 'dit'
  | 'other_unet' // a U-Net of another grammar: named, not rebuilt
  | 'schedule' // buffers: betas, alphas_cumprod, sigmas …
  | 'markers' // v_pred, ztsnr, edm_mean …: tensors whose presence is the message
  | 'leftover'; // training state, losses, unknown names

/** One piece of a checkpoint, with the tensors that belong to it. Every tensor belongs to exactly one. */
export interface Component {
  readonly kind: ComponentKind;
  /** Which one: `clip-l`, `openclip-g`, `autoencoder-kl`, `flux`, `sd1` … or `custom`. */
  readonly id: string;
  /** In words: `CLIP ViT-L/14 text encoder`. */
  readonly title: string;
  /** `Part.name` that it lies in. */
  readonly part: string;
  /** `fp16` for a variant of the weights that lies beside others: see `Part.variant`. */
  readonly variant?: string;
  /** What precedes its tensors' names in the file: `first_stage_model.`; '' for none. */
  readonly prefix: string;
  readonly tensors: readonly NamedTensor[];
  readonly parameters: number;
  /**
   * What was read off it, by the field's own names: `hidden_size`, `num_hidden_layers`, `latent_channels`,
   * `projection_dim`, `rank` …
   */
  readonly facts: ReadonlyMap<string, Fact<number | string>>;
  /** For `unet` and `ema`: the net, where it could be rebuilt. */
  readonly net?: Net;
  /** For an AutoencoderKL and for CLIP text encoders: how it is put together. */
  readonly model?: AutoencoderModel | TextModel;
  /** What its own grammar does not allow. */
  readonly problems: readonly Problem[];
}
