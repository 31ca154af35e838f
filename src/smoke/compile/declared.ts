import { isJsonArray, isJsonObject, type JsonValue } from '../../formats/json.ts';
import {
  type Activation,
  type Activations,
  type Conventions,
  type OutScale,
  SCORE_FOURIER,
} from './conventions.ts';
import { checkConfig } from './part.ts';
import { UnsupportedNetError } from './unsupported.ts';

/** What a diffusers config says of how a net computes. Source: UNet2DConditionModel and UNet2DModel, diffusers 0.42. */

/** Names of the activations; diffusers reads them in any case. */
const ACTIVATIONS: ReadonlyMap<JsonValue, Activation> = new Map([
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['gelu', 'gelu'],
  ['relu', 'relu'],
  ['mish', 'mish'],
]);

/** Keys of a config that change the computation, and the values that are computed here. */
const COMPUTED: ReadonlyMap<string, readonly JsonValue[]> = new Map<string, readonly JsonValue[]>([
  ['act_fn', [...ACTIVATIONS.keys()]],
  // what boxes would add is left out where none are given
  ['attention_type', ['default', 'gated', 'gated-text-image']],
  ['center_input_sample', [false, true]],
  ['class_embed_type', ['timestep', 'projection', 'simple_projection', 'identity']],
  ['class_embeddings_concat', [false]],
  ['conv_in_kernel', [3]],
  ['conv_out_kernel', [3]],
  ['cross_attention_norm', ['group_norm']],
  ['dual_cross_attention', [false]],
  ['encoder_hid_dim_type', ['text_proj', 'image_proj', 'text_image_proj']],
  ['addition_embed_type', ['text_time', 'image', 'text', 'text_image', 'image_hint']],
  ['resnet_skip_time_act', [false, true]],
  ['time_embedding_act_fn', [...ACTIVATIONS.keys()]],
  ['time_embedding_type', ['positional', 'fourier']],
  ['timestep_post_act', [...ACTIVATIONS.keys()]],
]);

type Config = ReadonlyMap<string, JsonValue>;

/**
 * What the config says over what is shared by the net's grammar.
 * @throws {UnsupportedNetError} when it asks for a computation that is not there.
 */
export function declared(shared: Conventions, config: JsonValue | undefined): Partial<Conventions> {
  checkConfig(config, COMPUTED);
  if (!isJsonObject(config)) return {};
  const flip = config.get('flip_sin_to_cos');
  const shift = config.get('freq_shift');
  const groups = numberIn(config, 'norm_num_groups');
  const middleGroups = numberIn(config, 'attn_norm_num_groups');
  if (middleGroups !== undefined && middleGroups !== (groups ?? shared.normGroups)) {
    throw new UnsupportedNetError(
      `its config has attn_norm_num_groups ${middleGroups}, which is not computed here`,
    );
  }
  const eps = numberIn(config, 'norm_eps');
  const padding = config.get('downsample_padding');
  // how many ids there are is in the pipeline's call, not in the config; only the refiner's are not six
  const width = numberIn(config, 'addition_time_embed_dim');
  const classes = config.get('class_embed_type');
  const heads = numberIn(config, 'addition_embed_type_num_heads');
  return {
    ...(typeof flip === 'boolean' ? { flipSinToCos: flip } : {}),
    ...(typeof shift === 'number' ? { freqShift: shift } : {}),
    ...(groups === undefined ? {} : { normGroups: groups }),
    ...(eps === undefined ? {} : { normEps: eps }),
    ...(padding === 0 || padding === 1 ? { downsamplePadding: padding } : {}),
    ...(classes === 'timestep' || classes === 'identity' ? { classInput: classes } : {}),
    ...(classes === 'projection' || classes === 'simple_projection' ? { classInput: 'vector' } : {}),
    ...(width === undefined ? {} : { addedTime: { width, ids: 6 } }),
    ...(heads === undefined ? {} : { poolHeads: heads }),
    activations: activations(shared.activations, config),
    outScale: outScale(shared.outScale, config),
    fourier: isUnconditional(config)
      ? SCORE_FOURIER
      : { ...shared.fourier, ...(typeof flip === 'boolean' ? { cosineFirst: flip } : {}) },
    centerInput: config.get('center_input_sample') === true,
  };
}

/** UNet2DModel, which has no text. */
function isUnconditional(config: Config): boolean {
  return config.get('_class_name') === 'UNet2DModel';
}

function numberIn(config: Config, key: string): number | undefined {
  const value = config.get(key);
  return typeof value === 'number' ? value : undefined;
}

/** UNet2DModel keeps SiLU everywhere but in its resnets. A config without `act_fn` leaves the grammar's own. */
function activations(shared: Activations, config: Config): Activations {
  const named = (key: string): Activation | undefined => ACTIVATIONS.get(config.get(key) ?? null);
  const all = named('act_fn') ?? shared.resnet;
  const outside = isUnconditional(config) ? 'silu' : all;
  const afterTime = named('timestep_post_act');
  const embedding = named('time_embedding_act_fn');
  return {
    resnet: all,
    head: outside,
    time: outside,
    ...(afterTime === undefined ? {} : { afterTime }),
    ...(embedding === undefined ? {} : { embedding }),
    ...(skipsTimeActivation(config) ? {} : { projected: all }),
  };
}

/** Blocks whose resnets heed `resnet_skip_time_act` and `resnet_out_scale_factor`; the others leave them aside. */
const HEEDS =
  /^(?:UNetRes)?(?:ResnetDownsample|ResnetUpsample|SimpleCrossAttnDown|SimpleCrossAttnUp)Block2D$|^UNetMidBlock2DSimpleCrossAttn$/;

function skipsTimeActivation(config: Config): boolean {
  if (config.get('resnet_skip_time_act') !== true) return false;
  const middle = config.get('mid_block_type');
  return heeded(config, 'resnet_skip_time_act', middle === undefined || middle === null ? [] : [middle]);
}

function outScale(shared: OutScale, config: Config): OutScale {
  const asked = numberIn(config, 'resnet_out_scale_factor') ?? shared.resnets;
  const middle = numberIn(config, 'mid_block_scale_factor') ?? shared.middle;
  return {
    resnets: asked !== 1 && heeded(config, 'resnet_out_scale_factor', []) ? asked : 1,
    middle,
    middleAttention: isUnconditional(config) ? middle : 1,
  };
}

/** Whether all blocks of the net heed a key, or none. @throws {UnsupportedNetError} when only some do. */
function heeded(config: Config, key: string, more: readonly JsonValue[]): boolean {
  const types = ['down_block_types', 'up_block_types'].flatMap((side) => {
    const listed = config.get(side);
    return isJsonArray(listed) ? listed : [];
  });
  const heeds = [...types, ...more].map((type) => typeof type === 'string' && HEEDS.test(type));
  if (heeds.every((each) => each === heeds[0])) return heeds[0] ?? false;
  throw new UnsupportedNetError(
    `its config has ${key}, which some of its blocks heed and others do not: that is not computed here`,
  );
}
