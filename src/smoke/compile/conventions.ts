import { isJsonObject, type JsonValue } from '../../formats/json.ts';
import type { Net } from '../../topology/net.ts';
import { UnsupportedNetError } from './unsupported.ts';

/** How a net computes, where no shape tells. */
export interface Conventions {
  /** The cosine half of a timestep's sinusoid stands before the sine half. */
  readonly flipSinToCos: boolean;
  /** Frequencies fall to 1/10000 at index `half − freqShift`. */
  readonly freqShift: number;
  readonly normGroups: number;
  /** Of the group norms in resnets, plain attentions and the head. Transformers have 1e-6 everywhere. */
  readonly normEps: number;
  /** Rows and columns of zeros before the picture where it is halved; behind it there is always one. */
  readonly downsamplePadding: 0 | 1;
  /** Whether the class projection reads a vector, or one number as a sinusoid. */
  readonly classInput: 'vector' | 'timestep';
  /** How the vector that `add_embedding` reads is put together; absent where that is not known. */
  readonly addedTime?: AddedTime;
}

/** Pooled text, then `ids` numbers (sizes and crops) as sinusoids `width` wide each. */
export interface AddedTime {
  readonly width: number;
  readonly ids: number;
}

/**
 * LDM, SGM and guided-diffusion (`timestep_embedding`, `GroupNorm32`, `Downsample`), and the defaults of
 * diffusers' UNet2DConditionModel and UNet2DModel, which were chosen to agree with them.
 */
const USUAL: Conventions = {
  flipSinToCos: true,
  freqShift: 0,
  normGroups: 32,
  normEps: 1e-5,
  downsamplePadding: 1,
  classInput: 'vector',
};

/** google/ddpm-cifar10-32 and google/ddpm-celebahq-256, config.json: as in the DDPM paper's own code. */
const DDPM: Partial<Conventions> = { flipSinToCos: false, freqShift: 1, normEps: 1e-6, downsamplePadding: 0 };

/**
 * Time ids of nets with `add_embedding`, by the width of what enters it: pooled text, then each id 256 wide. Sizes,
 * crop and target sizes are six; the refiner has an aesthetic score in place of the target sizes.
 * Source: SGM configs/inference/sd_xl_base.yaml and sd_xl_refiner.yaml (`ConcatTimestepEmbedderND`, outdim 256).
 */
const ADDED_TIME: ReadonlyMap<number, AddedTime> = new Map([
  [1280 + 6 * 256, { width: 256, ids: 6 }],
  [1280 + 5 * 256, { width: 256, ids: 5 }],
  [4096 + 6 * 256, { width: 256, ids: 6 }], // Kolors, whose text encoder is ChatGLM3
]);

/** Keys of a diffusers config that change the computation, and the values that are computed here. */
const COMPUTED: ReadonlyMap<string, readonly JsonValue[]> = new Map<string, readonly JsonValue[]>([
  ['act_fn', ['silu', 'swish']],
  ['attention_type', ['default']],
  ['attn_norm_num_groups', [32]],
  ['center_input_sample', [false]],
  ['class_embed_type', ['timestep', 'projection', 'simple_projection']],
  ['class_embeddings_concat', [false]],
  ['conv_in_kernel', [3]],
  ['conv_out_kernel', [3]],
  ['cross_attention_norm', []],
  ['dual_cross_attention', [false]],
  ['encoder_hid_dim_type', ['text_proj', 'image_proj']],
  ['addition_embed_type', ['text_time', 'image']],
  ['mid_block_scale_factor', [1]],
  ['resnet_out_scale_factor', [1]],
  ['resnet_skip_time_act', [false]],
  ['time_embedding_act_fn', []],
  ['time_embedding_type', ['positional']],
  ['timestep_post_act', []],
]);

/**
 * The conventions that hold for a net: what its grammar's runtimes share, and over that what its own
 * `config.json` says.
 * @throws {UnsupportedNetError} when the config asks for a computation that is not there.
 */
export function conventionsOf(net: Net, config?: JsonValue): Conventions {
  const addedTime = ADDED_TIME.get(net.conditioning.addedWidth?.value ?? 0);
  return {
    ...USUAL,
    ...(net.family.id.startsWith('ddpm-') ? DDPM : {}),
    ...(addedTime === undefined ? {} : { addedTime }),
    ...declared(config),
  };
}

function declared(config: JsonValue | undefined): Partial<Conventions> {
  if (!isJsonObject(config)) return {};
  for (const [key, values] of COMPUTED) {
    const value = config.get(key) ?? null;
    if (value === null || values.includes(value)) continue;
    throw new UnsupportedNetError(
      `its config has ${key} ${JSON.stringify(value)}, which is not computed here`,
    );
  }
  const flip = config.get('flip_sin_to_cos');
  const shift = config.get('freq_shift');
  const groups = config.get('norm_num_groups');
  const eps = config.get('norm_eps');
  const padding = config.get('downsample_padding');
  // how many ids there are is in the pipeline's call, not in the config; only the refiner's are not six
  const width = config.get('addition_time_embed_dim');
  return {
    ...(typeof flip === 'boolean' ? { flipSinToCos: flip } : {}),
    ...(typeof shift === 'number' ? { freqShift: shift } : {}),
    ...(typeof groups === 'number' ? { normGroups: groups } : {}),
    ...(typeof eps === 'number' ? { normEps: eps } : {}),
    ...(padding === 0 || padding === 1 ? { downsamplePadding: padding } : {}),
    ...(config.get('class_embed_type') === 'timestep' ? { classInput: 'timestep' } : {}),
    ...(typeof width === 'number' ? { addedTime: { width, ids: 6 } } : {}),
  };
}
