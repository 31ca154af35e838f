import type { OwnedTensor } from '../topology/net.ts';

/** What both models have: their tensors by canonical name, whatever the file calls them. */
export interface Ownership {
  /** All that the grammar knows. Some of them may be missing: see the component's `problems`. */
  readonly tensors: readonly OwnedTensor[];
  /** Canonical names of those whose shape the rest of the file contradicts. */
  readonly misshapen: readonly string[];
  /** Tensors that the grammar has no place for, under what would be their canonical names. */
  readonly strangers: readonly OwnedTensor[];
}

/** How an AutoencoderKL is put together. Canonical names are diffusers' own: `decoder.up_blocks.0.resnets.1 …`. */
export interface AutoencoderModel extends Ownership {
  readonly kind: 'autoencoder-kl';
  readonly plan: AutoencoderPlan;
}

export interface AutoencoderPlan {
  readonly levels: number;
  /** Resnets a level of the encoder; the decoder has one more. */
  readonly resnets: number;
  /** Which halves the file has. */
  readonly encoder: boolean;
  readonly decoder: boolean;
  /** Levels, 0 the outermost, whose resnets have an attention each (latent-diffusion's `attn_resolutions`). */
  readonly attentionLevels: ReadonlySet<number>;
  readonly middleAttention: boolean;
  /** Attentions of linear layers [c, c] rather than convolutions [c, c, 1, 1]. */
  readonly linearAttention: boolean;
  readonly quantConv: boolean;
  readonly postQuantConv: boolean;
}

/**
 * How a CLIP text tower is put together. Canonical names are transformers' `CLIPTextModel`, for both layouts, without
 * `text_model.`. Two tensors of OpenCLIP's have no like there: `self_attn.in_proj` of a layer, where queries, keys and
 * values are one [3c, c], and `text_projection`, stored [in, out] where transformers' `text_projection.weight` is
 * [out, in].
 */
export interface TextModel extends Ownership {
  readonly kind: 'clip-text';
  readonly layout: 'transformers' | 'openclip';
  readonly layers: number;
  /** Absent, as the next two, when no tensor of a damaged file tells it. */
  readonly hidden?: number;
  readonly vocabulary?: number;
  /** How many tokens it can read. */
  readonly positions?: number;
  /** Width of the pooled text, where the file has a projection for it. */
  readonly projection?: number;
}
