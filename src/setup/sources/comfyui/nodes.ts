/** What is known of ComfyUI's nodes, as data. Source: ComfyUI nodes.py and comfy_extras/. */
import type { SetupDtype } from '../../setup.ts';

/** Inputs that a conditioning passes through, by output where there are several. */
export const CONDITIONING: ReadonlyMap<string, readonly string[]> = new Map([
  ['ControlNetApply', ['conditioning']],
  ['ControlNetApplyAdvanced', ['positive', 'negative']],
  ['ControlNetApplySD3', ['positive', 'negative']],
  ['ControlNetInpaintingAliMamaApply', ['positive', 'negative']],
  ['InpaintModelConditioning', ['positive', 'negative']],
  ['InstructPixToPixConditioning', ['positive', 'negative']],
  ['ConditioningCombine', ['conditioning_1']],
  ['ConditioningConcat', ['conditioning_to']],
  ['ConditioningAverage', ['conditioning_to']],
  ['ConditioningSetArea', ['conditioning']],
  ['ConditioningSetAreaPercentage', ['conditioning']],
  ['ConditioningSetAreaStrength', ['conditioning']],
  ['ConditioningSetMask', ['conditioning']],
  ['ConditioningSetTimestepRange', ['conditioning']],
  ['ConditioningZeroOut', ['conditioning']],
  ['unCLIPConditioning', ['conditioning']],
  ['StyleModelApply', ['conditioning']],
  ['GLIGENTextboxApply', ['conditioning_to']],
  ['StableCascade_StageB_Conditioning', ['conditioning']],
  ['LTXVConditioning', ['positive', 'negative']],
  ['WanImageToVideo', ['positive', 'negative']],
  // of the pack ComfyUI-Advanced-ControlNet
  ['ACN_AdvancedControlNetApply', ['positive', 'negative']],
  ['FluxGuidance', ['conditioning']],
  ['ReferenceLatent', ['conditioning']],
]);

/** Nodes that condition on a picture, and have no text. */
export const PICTURE_CONDITIONING: ReadonlySet<string> = new Set([
  'SVD_img2vid_Conditioning',
  'StableZero123_Conditioning',
  'StableZero123_Conditioning_Batched',
  'SV3D_Conditioning',
]);

/** Inputs that a latent passes through without a change of size. */
export const LATENT_PASSING: ReadonlyMap<string, string> = new Map([
  ['LatentUpscaleBy', 'samples'],
  ['RepeatLatentBatch', 'samples'],
  ['LatentFromBatch', 'samples'],
  ['SetLatentNoiseMask', 'samples'],
  ['LatentBatch', 'samples1'],
  ['LatentAdd', 'samples1'],
  ['LatentInterpolate', 'samples1'],
  ['LatentMultiply', 'samples'],
  ['LatentFlip', 'samples'],
  ['KSampler', 'latent_image'],
  ['KSamplerAdvanced', 'latent_image'],
  ['SamplerCustom', 'latent_image'],
  ['SamplerCustomAdvanced', 'latent_image'],
]);

/** Nodes whose latent has the width and height that stand in them. */
export const SIZED: ReadonlySet<string> = new Set([
  'LatentUpscale',
  'ImageScale',
  'StableCascade_EmptyLatentImage',
  'SVD_img2vid_Conditioning',
  'StableZero123_Conditioning',
  'SV3D_Conditioning',
  'WanImageToVideo',
  // of the pack ComfyUI-AnimateDiff-Evolved
  'ADE_EmptyLatentImageLarge',
]);

/** Inputs from which a picture is made into a latent of its size. */
export const PICTURE_TO_LATENT: ReadonlyMap<string, string> = new Map([
  ['VAEEncode', 'pixels'],
  ['VAEEncodeTiled', 'pixels'],
  ['VAEEncodeForInpaint', 'pixels'],
  ['InpaintModelConditioning', 'pixels'],
  ['InstructPixToPixConditioning', 'pixels'],
]);

/** Inputs that a picture passes through, or that it is decoded from. */
export const IMAGE_PASSING: ReadonlyMap<string, string> = new Map([
  ['VAEDecode', 'samples'],
  ['VAEDecodeTiled', 'samples'],
  ['ImageScaleBy', 'image'],
  ['ImageSharpen', 'image'],
  ['ImageBlur', 'image'],
  ['ImageInvert', 'image'],
  ['ImageQuantize', 'image'],
  ['RepeatImageBatch', 'image'],
  ['ImageFromBatch', 'image'],
]);

/**
 * Inputs that take a pipe: one link that carries a model, its text encoder, autoencoder and prompts.
 * Source: ltdrdata/ComfyUI-Impact-Pack modules/impact/pipe.py.
 */
export const PIPES = ['basic_pipe', 'detailer_pipe'] as const;

const BASIC_PIPE = ['model', 'clip', 'vae', 'positive', 'negative'] as const;

/** What the outputs of nodes that open a pipe are. */
export const UNPACKING: ReadonlyMap<string, readonly (string | undefined)[]> = new Map<
  string,
  readonly (string | undefined)[]
>([
  ['FromBasicPipe', BASIC_PIPE],
  ['FromBasicPipe_v2', [undefined, ...BASIC_PIPE]],
  ['FromDetailerPipe', BASIC_PIPE],
  ['FromDetailerPipe_v2', [undefined, ...BASIC_PIPE]],
  ['ImpactKSamplerBasicPipe', [undefined, undefined, 'vae']],
  ['ImpactKSamplerAdvancedBasicPipe', [undefined, undefined, 'vae']],
]);

/** Patches of the model that change nothing which is compared here. */
export const INERT_MODEL: ReadonlySet<string> = new Set([
  'FreeU',
  'FreeU_V2',
  'HyperTile',
  'TomePatchModel',
  'PatchModelAddDownscale',
  'SelfAttentionGuidance',
  'PerturbedAttentionGuidance',
  'DifferentialDiffusion',
  'HypernetworkLoader',
  'TorchCompileModel',
  'SkipLayerGuidanceDiT',
  'ModelComputeDtype',
]);

/** `weight_dtype` of UNETLoader; `default` is the file's own. */
export const WEIGHT_DTYPES: ReadonlyMap<string, SetupDtype> = new Map([
  ['fp8_e4m3fn', 'float8_e4m3fn'],
  ['fp8_e4m3fn_fast', 'float8_e4m3fn'],
  ['fp8_e5m2', 'float8_e5m2'],
]);

/** Text encoders by the `type` of CLIPLoader and DualCLIPLoader, in the order of their names. */
export const CLIP_TYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['stable_diffusion', ['clip-l']],
  ['sdxl', ['clip-l', 'openclip-g']],
  ['flux', ['clip-l', 't5']],
]);

/**
 * Where a scheduler begins. `ddim_uniform` counts up from timestep 1 in whole strides and so never reaches the last
 * one, as diffusers' `leading`; `simple` and `sgm_uniform` begin at the last one, as `trailing`.
 * Source: ComfyUI comfy/samplers.py.
 */
export const SPACINGS: ReadonlyMap<string, 'leading' | 'trailing' | 'linspace'> = new Map([
  ['ddim_uniform', 'leading'],
  ['simple', 'trailing'],
  ['sgm_uniform', 'trailing'],
  ['normal', 'linspace'],
]);
