/**
 * The YAML that original inference code is configured with, which AUTOMATIC1111 and Forge read beside a checkpoint
 * (`model.yaml` for `model.ckpt`): LDM's (`parameterization`, `linear_start` …) and SGM's (`denoiser_config`).
 * Sources: CompVis latent-diffusion ldm/models/diffusion/ddpm.py and ldm/modules/encoders/modules.py;
 * Stability-AI generative-models sgm/modules/diffusionmodules/{denoiser_scaling,discretizer}.py and
 * sgm/models/diffusion.py.
 */
import { number, text } from '../../components/declared.ts';
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../formats/json.ts';
import { betaScheduleNamed } from '../../schedule/betas.ts';
import { SetupBuilder, type SetupPrediction, type SetupTextEncoder } from '../setup.ts';
import type { SetupSource } from './source.ts';

export const ldm: SetupSource = {
  title: 'an inference config of LDM or SGM',
  match: ({ value }) => isJsonObject(value) && isJsonObject(value.get('model')) && isLdm(value),
  async read({ path, value }) {
    const { documentIssues } = await import('../schemas.ts');
    const issues = value === undefined ? [] : documentIssues('ldm-config', value);
    if (value === undefined || issues.length > 0) return { setups: [], issues };
    return { setups: [readConfig(path, value)] };
  },
};

function isLdm(value: JsonValue): boolean {
  const model = below(value, 'model');
  return isJsonObject(model) && (model.has('target') || model.has('params'));
}

/** The value under keys, one in another. */
function below(value: JsonValue | undefined, ...keys: readonly string[]): JsonValue | undefined {
  let found = value;
  for (const key of keys) found = isJsonObject(found) ? found.get(key) : undefined;
  return found;
}

const PARAMS = '/model/params';

function readConfig(path: string, value: JsonValue) {
  const builder = new SetupBuilder(path);
  const params = below(value, 'model', 'params');
  const object: JsonObject = isJsonObject(params) ? params : new Map();
  if (object.has('denoiser_config')) readSgm(builder, object);
  else readLdm(builder, object);
  const precision = below(params, 'unet_config', 'params', 'use_fp16');
  if (precision === true) builder.says('unet_dtype', 'float16', `${PARAMS}/unet_config/params/use_fp16`);
  return builder.build(path, 'ldm');
}

const LDM_PREDICTIONS: Readonly<Record<string, SetupPrediction>> = {
  eps: 'epsilon',
  v: 'v_prediction',
  x0: 'sample',
};

/** `DDPM.__init__`, where the config is silent. */
const LDM_DEFAULTS = { beta_start: 1e-4, beta_end: 2e-2, timesteps: 1000, scale_factor: 1 } as const;

function readLdm(builder: SetupBuilder, params: JsonObject): void {
  const from = "the default of LDM's DDPM";
  const parameterization = text(params, 'parameterization');
  builder
    .says('prediction_type', LDM_PREDICTIONS[parameterization ?? ''], `${PARAMS}/parameterization`)
    .assumes('prediction_type', 'epsilon', from)
    .says('num_train_timesteps', number(params, 'timesteps'), `${PARAMS}/timesteps`)
    .assumes('num_train_timesteps', LDM_DEFAULTS.timesteps, from);
  const named = text(params, 'beta_schedule');
  const schedule = betaScheduleNamed('ldm', named ?? 'linear');
  if (named === undefined)
    builder.assumes('beta_schedule', schedule, `${from}: linear, which is linear in √β`);
  else {
    builder.says(
      'beta_schedule',
      schedule,
      `${PARAMS}/beta_schedule`,
      `${named} in LDM's words (${PARAMS}/beta_schedule)`,
    );
    if (schedule === undefined) builder.note(`beta_schedule ${named} has no name in diffusers: passed over`);
  }
  builder
    .says('beta_start', number(params, 'linear_start'), `${PARAMS}/linear_start`)
    .assumes('beta_start', LDM_DEFAULTS.beta_start, from)
    .says('beta_end', number(params, 'linear_end'), `${PARAMS}/linear_end`)
    .assumes('beta_end', LDM_DEFAULTS.beta_end, from)
    .says('vae_scale', number(params, 'scale_factor'), `${PARAMS}/scale_factor`)
    .assumes('vae_scale', LDM_DEFAULTS.scale_factor, "the default of LDM's LatentDiffusion");
  const conditioner = params.get('cond_stage_config');
  if (isJsonObject(conditioner)) readEncoders(builder, [conditioner], `${PARAMS}/cond_stage_config`);
}

const SGM_SCALINGS: ReadonlyMap<string, SetupPrediction> = new Map([
  ['EpsScaling', 'epsilon'],
  ['VScaling', 'v_prediction'],
  ['VScalingWithEDMcNoise', 'edm_v_prediction'],
  ['EDMScaling', 'edm'],
]);

/** `LegacyDDPMDiscretization.__init__`. */
const SGM_DISCRETIZATION = { beta_start: 0.00085, beta_end: 0.012, timesteps: 1000 } as const;

function readSgm(builder: SetupBuilder, params: JsonObject): void {
  const denoiser = below(params, 'denoiser_config', 'params');
  const at = `${PARAMS}/denoiser_config/params`;
  const scaling = lastName(text(below(denoiser, 'scaling_config'), 'target'));
  builder.says('prediction_type', SGM_SCALINGS.get(scaling ?? ''), `${at}/scaling_config/target`);
  if (scaling !== undefined && !SGM_SCALINGS.has(scaling)) {
    builder.note(`the scaling ${scaling} is not known here: what the net predicts is not told`);
  }
  const sigmaData = number(below(denoiser, 'scaling_config', 'params'), 'sigma_data');
  builder.says('sigma_data', sigmaData, `${at}/scaling_config/params/sigma_data`);
  const discretization = below(denoiser, 'discretization_config');
  const kind = lastName(text(discretization, 'target'));
  const options = below(discretization, 'params');
  const where = `${at}/discretization_config`;
  if (kind === 'LegacyDDPMDiscretization') {
    const from = "the default of SGM's LegacyDDPMDiscretization";
    builder
      .says('num_train_timesteps', number(options, 'num_timesteps'), `${where}/params/num_timesteps`)
      .assumes('num_train_timesteps', SGM_DISCRETIZATION.timesteps, from)
      .assumes('beta_schedule', 'scaled_linear', "SGM's LegacyDDPMDiscretization is linear in √β")
      .says('beta_start', number(options, 'linear_start'), `${where}/params/linear_start`)
      .assumes('beta_start', SGM_DISCRETIZATION.beta_start, from)
      .says('beta_end', number(options, 'linear_end'), `${where}/params/linear_end`)
      .assumes('beta_end', SGM_DISCRETIZATION.beta_end, from);
  } else if (kind === 'EDMDiscretization') {
    const from = "the default of SGM's EDMDiscretization";
    builder
      .says('sigma_min', number(options, 'sigma_min'), `${where}/params/sigma_min`)
      .assumes('sigma_min', 0.002, from)
      .says('sigma_max', number(options, 'sigma_max'), `${where}/params/sigma_max`)
      .assumes('sigma_max', 80, from);
  } else if (kind !== undefined) {
    builder.note(`the discretization ${kind} is not known here: its noise levels are not told`);
  }
  builder
    .says('vae_scale', number(params, 'scale_factor'), `${PARAMS}/scale_factor`)
    .assumes('vae_scale', 1, "the default of SGM's DiffusionEngine");
  const embedders = below(params, 'conditioner_config', 'params', 'emb_models');
  if (isJsonArray(embedders)) {
    readEncoders(builder, embedders, `${PARAMS}/conditioner_config/params/emb_models`);
  }
}

/** `FrozenCLIPEmbedder` of `ldm.modules.encoders.modules.FrozenCLIPEmbedder`. */
function lastName(target: string | undefined): string | undefined {
  return target?.split('.').at(-1);
}

/** Text embedders, with the layer that each reads where nothing is said. Image and number embedders are none. */
const EMBEDDERS: ReadonlyMap<string, SetupTextEncoder> = new Map([
  ['FrozenCLIPEmbedder', { id: 'clip-l', width: 768 }],
  ['FrozenOpenCLIPEmbedder', { id: 'openclip-h', width: 1024 }],
  ['FrozenOpenCLIPEmbedder2', { id: 'openclip-g', width: 1280 }],
  ['FrozenT5Embedder', { id: 't5' }],
  ['BERTEmbedder', { id: 'ldm-bert', width: 1280 }],
]);

/** Layers of CLIP ViT-L/14, whose embedder counts `layer_idx` from the first. */
const CLIP_L_LAYERS = 12;

function readEncoders(builder: SetupBuilder, embedders: readonly JsonValue[], pointer: string): void {
  const told: SetupTextEncoder[] = [];
  for (const embedder of embedders) {
    const target = lastName(text(embedder, 'target')) ?? '';
    const known = EMBEDDERS.get(target);
    if (known === undefined) {
      if (/Text|CLIPEmbedder|T5|BERT/i.test(target))
        builder.note(`the text encoder ${target} is not known here`);
      continue;
    }
    told.push(known);
    const params = below(embedder, 'params');
    const layer = text(params, 'layer');
    const index = number(params, 'layer_idx');
    if (layer === 'penultimate') builder.says('clip_skip', 2, pointer);
    else if (layer === 'last') builder.says('clip_skip', 1, pointer);
    else if (layer === 'hidden' && known.id === 'clip-l' && index !== undefined) {
      builder.says('clip_skip', CLIP_L_LAYERS - index + 1, pointer);
    } else if (layer === undefined) builder.assumes('clip_skip', 1, `the default of ${target}`);
  }
  if (told.length > 0) builder.says('text_encoders', told, pointer);
}
