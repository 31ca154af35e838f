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
  ['FluxGuidance', ['conditioning']],
  ['ReferenceLatent', ['conditioning']],
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
