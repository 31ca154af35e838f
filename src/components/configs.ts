import type { Checkpoint, ConfigFile, Part } from '../formats/checkpoint.ts';
import { isJsonArray, isJsonObject, type JsonValue } from '../formats/json.ts';
import type { Fact } from '../topology/net.ts';
import type { ConfigKind, ConfigReport } from './config-report.ts';
import { text } from './declared.ts';

/**
 * Checks every config of the checkpoint that has a schema. Asynchronous because the validator is loaded only
 * when there is something to validate: a single file without configs never imports it. The result is put into
 * the rules' context, where COMP002 turns it into findings.
 */
export async function checkConfigs(checkpoint: Checkpoint): Promise<readonly ConfigReport[]> {
  const configs = configsOf(checkpoint);
  if (configs.length === 0) return [];
  const { schemaIssues } = await import('./config-schemas.ts');
  return configs.map(({ kind, file }) => ({ path: file.path, kind, issues: schemaIssues(kind, file.value) }));
}

function configsOf(
  checkpoint: Checkpoint,
): readonly { readonly kind: ConfigKind; readonly file: ConfigFile }[] {
  const found: { readonly kind: ConfigKind; readonly file: ConfigFile }[] = [];
  for (const part of checkpoint.parts) {
    // variants of a component share its config
    if (found.some(({ file }) => file === part.config)) continue;
    const kind = part.config === undefined ? undefined : kindOf(part.config.value, part.name);
    if (part.config !== undefined && kind !== undefined) found.push({ kind, file: part.config });
  }
  if (checkpoint.modelIndex !== undefined) found.push({ kind: 'model-index', file: checkpoint.modelIndex });
  if (checkpoint.schedulerConfig !== undefined)
    found.push({ kind: 'scheduler', file: checkpoint.schedulerConfig });
  return found;
}

/** Told by the class that the config names, else by the folder; undefined where there is no schema. */
function kindOf(value: JsonValue, folder: string): ConfigKind | undefined {
  const className = text(value, '_class_name') ?? '';
  if (/^UNet2D(?:Condition)?Model$/.test(className)) return 'unet';
  if (/^AutoencoderKL(?:TemporalDecoder)?$/.test(className)) return 'vae';
  if (className !== '') return undefined;
  if (folder === 'unet') return 'unet';
  if (folder === 'vae') return 'vae';
  return folder.startsWith('text_encoder') ? 'text-encoder' : undefined;
}

/** A fact that a config declares. */
type Declared<T> = Fact<T> | undefined;

/** The keys of one config, each read as the type it should have; a wrong type reads as absent. */
interface ConfigKeys {
  readonly path: string;
  has(key: string): boolean;
  number(key: string): Declared<number>;
  numbers(key: string): Declared<readonly number[]>;
  text(key: string): Declared<string>;
  flag(key: string): Declared<boolean>;
}

function keysOf(file: ConfigFile | undefined): ConfigKeys | undefined {
  if (file === undefined || !isJsonObject(file.value)) return undefined;
  const object = file.value;
  const declared = <T extends JsonValue>(key: string, value: T): Fact<T> => ({
    value,
    known: 'declared',
    from: `${file.path} ${key}`,
  });
  return {
    path: file.path,
    has: (key) => object.has(key),
    number: (key) => {
      const value = object.get(key);
      return typeof value === 'number' ? declared(key, value) : undefined;
    },
    numbers: (key) => {
      const value = object.get(key);
      if (!isJsonArray(value)) return undefined;
      const numbers = value.filter((item) => typeof item === 'number');
      return numbers.length === value.length ? declared(key, numbers) : undefined;
    },
    text: (key) => {
      const value = object.get(key);
      return typeof value === 'string' ? declared(key, value) : undefined;
    },
    flag: (key) => {
      const value = object.get(key);
      return typeof value === 'boolean' ? declared(key, value) : undefined;
    },
  };
}

/** What a U-Net's config declares. Source: diffusers `unet_2d_condition.py`. */
export interface UnetConfig extends ConfigKeys {
  readonly className: Declared<string>;
  readonly inChannels: Declared<number>;
  readonly outChannels: Declared<number>;
  readonly blockOutChannels: Declared<readonly number[]>;
  readonly crossAttentionDim: Declared<number>;
  /** `projection_class_embeddings_input_dim`: pooled text and time ids together. */
  readonly addedWidth: Declared<number>;
  readonly additionTimeEmbedDim: Declared<number>;
  readonly guidanceDim: Declared<number>;
  readonly classes: Declared<number>;
  readonly encoderHidDim: Declared<number>;
}

/** Reads the `config.json` of a part that holds a U-Net; undefined without one. */
export function unetConfig(part: Part): UnetConfig | undefined {
  const keys = keysOf(part.config);
  if (keys === undefined) return undefined;
  return {
    ...keys,
    className: keys.text('_class_name'),
    inChannels: keys.number('in_channels'),
    outChannels: keys.number('out_channels'),
    blockOutChannels: keys.numbers('block_out_channels'),
    crossAttentionDim: keys.number('cross_attention_dim'),
    addedWidth: keys.number('projection_class_embeddings_input_dim'),
    additionTimeEmbedDim: keys.number('addition_time_embed_dim'),
    guidanceDim: keys.number('time_cond_proj_dim'),
    classes: keys.number('num_class_embeds'),
    encoderHidDim: keys.number('encoder_hid_dim'),
  };
}

/** What an autoencoder's config declares. Source: diffusers `autoencoder_kl.py`. */
export interface VaeConfig extends ConfigKeys {
  readonly latentChannels: Declared<number>;
  readonly inChannels: Declared<number>;
  readonly outChannels: Declared<number>;
  readonly blockOutChannels: Declared<readonly number[]>;
  readonly layersPerBlock: Declared<number>;
  readonly scalingFactor: Declared<number>;
  /** Mean and deviation of each latent channel (Playground 2.5). */
  readonly latentsMean: Declared<readonly number[]>;
  readonly latentsStd: Declared<readonly number[]>;
  readonly forceUpcast: Declared<boolean>;
}

/** Reads the `config.json` of a part that holds an autoencoder; undefined without one. */
export function vaeConfig(part: Part): VaeConfig | undefined {
  const keys = keysOf(part.config);
  if (keys === undefined) return undefined;
  return {
    ...keys,
    latentChannels: keys.number('latent_channels'),
    inChannels: keys.number('in_channels'),
    outChannels: keys.number('out_channels'),
    blockOutChannels: keys.numbers('block_out_channels'),
    layersPerBlock: keys.number('layers_per_block'),
    scalingFactor: keys.number('scaling_factor'),
    latentsMean: keys.numbers('latents_mean'),
    latentsStd: keys.numbers('latents_std'),
    forceUpcast: keys.flag('force_upcast'),
  };
}

/** What a text encoder's config declares. Source: transformers `configuration_clip.py`. */
export interface TextEncoderConfig extends ConfigKeys {
  readonly hiddenSize: Declared<number>;
  readonly layers: Declared<number>;
  readonly vocabulary: Declared<number>;
  readonly positions: Declared<number>;
  readonly intermediateSize: Declared<number>;
  readonly projectionDim: Declared<number>;
}

/** Reads the `config.json` of a part that holds a text encoder; undefined without one. */
export function textEncoderConfig(part: Part): TextEncoderConfig | undefined {
  const keys = keysOf(part.config);
  if (keys === undefined) return undefined;
  return {
    ...keys,
    hiddenSize: keys.number('hidden_size'),
    layers: keys.number('num_hidden_layers'),
    vocabulary: keys.number('vocab_size'),
    positions: keys.number('max_position_embeddings'),
    intermediateSize: keys.number('intermediate_size'),
    projectionDim: keys.number('projection_dim'),
  };
}

/** What a scheduler's config declares. Source: diffusers `schedulers/*.py`. */
export interface SchedulerConfig extends ConfigKeys {
  readonly className: Declared<string>;
  readonly predictionType: Declared<string>;
  readonly steps: Declared<number>;
  readonly betaSchedule: Declared<string>;
  readonly betaStart: Declared<number>;
  readonly betaEnd: Declared<number>;
  readonly rescaleZeroSnr: Declared<boolean>;
  readonly spacing: Declared<string>;
}

/** Reads the checkpoint's `scheduler_config.json`; undefined without one. */
export function schedulerConfig(checkpoint: Checkpoint): SchedulerConfig | undefined {
  const keys = keysOf(checkpoint.schedulerConfig);
  if (keys === undefined) return undefined;
  return {
    ...keys,
    className: keys.text('_class_name'),
    predictionType: keys.text('prediction_type'),
    steps: keys.number('num_train_timesteps'),
    betaSchedule: keys.text('beta_schedule'),
    betaStart: keys.number('beta_start'),
    betaEnd: keys.number('beta_end'),
    rescaleZeroSnr: keys.flag('rescale_betas_zero_snr'),
    spacing: keys.text('timestep_spacing'),
  };
}
