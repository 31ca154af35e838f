/** diffusers: `scheduler_config.json` alone, or a folder with the configs of all parts. */
import { type ConfigIssue } from '../../components/config-report.ts';
import { inEdmScaling, number, text } from '../../components/declared.ts';
import type { ConfigFile } from '../../formats/checkpoint.ts';
import { isJsonArray, isJsonObject, type JsonValue } from '../../formats/json.ts';
import { type ScheduleFacts, scheduleFromConfig } from '../../schedule/from-config.ts';
import type { Fact } from '../../topology/net.ts';
import { type Setup, SetupBuilder, type SetupValues } from '../setup.ts';
import type { SetupSource } from './source.ts';

/** The configs of a diffusers folder, each where it is there. */
export interface DiffusersConfigs {
  readonly scheduler?: ConfigFile;
  readonly modelIndex?: ConfigFile;
  readonly unet?: ConfigFile;
  readonly vae?: ConfigFile;
  readonly textEncoders?: readonly ConfigFile[];
}

export const diffusers: SetupSource = {
  title: 'a diffusers scheduler config',
  match: ({ path, value }) =>
    isJsonObject(value) &&
    (text(value, '_class_name')?.endsWith('Scheduler') === true ||
      /(?:^|\/)scheduler_config\.json$/.test(path)),
  async read({ path, value }) {
    const issues = value === undefined ? [] : await schedulerIssues(value);
    if (value === undefined || issues.length > 0) return { setups: [], issues };
    return { setups: [diffusersSetup(path, { scheduler: { path, value } })] };
  },
};

/** What the schema of scheduler configs does not allow. */
export async function schedulerIssues(value: JsonValue): Promise<readonly ConfigIssue[]> {
  const { schemaIssues } = await import('../../components/config-schemas.ts');
  return schemaIssues('scheduler', value);
}

/** Fields that stand in a scheduler config under their own names. */
const SCHEDULE_KEYS = [
  'num_train_timesteps',
  'beta_schedule',
  'beta_start',
  'beta_end',
  'rescale_betas_zero_snr',
  'timestep_spacing',
  'steps_offset',
  'set_alpha_to_one',
  'clip_sample',
] as const satisfies readonly (keyof SetupValues & keyof ScheduleFacts)[];

/** Steps and guidance of pipelines that are called without them. Source: `__call__` of each in diffusers 0.42.1. */
const PIPELINE_DEFAULTS: ReadonlyMap<string, { readonly steps: number; readonly guidance: number }> = new Map(
  [
    ['StableDiffusionPipeline', { steps: 50, guidance: 7.5 }],
    ['StableDiffusionInpaintPipeline', { steps: 50, guidance: 7.5 }],
    ['StableDiffusionUpscalePipeline', { steps: 75, guidance: 9 }],
    ['StableDiffusionXLPipeline', { steps: 50, guidance: 5 }],
    ['StableDiffusionXLInpaintPipeline', { steps: 50, guidance: 7.5 }],
    ['LatentConsistencyModelPipeline', { steps: 4, guidance: 8.5 }],
    ['KolorsPipeline', { steps: 50, guidance: 5 }],
  ],
);

/** `AutoencoderKL`, where its config is silent. Source: diffusers autoencoder_kl.py, `__init__`. */
const VAE_DEFAULTS = { scaling_factor: 0.18215, force_upcast: true } as const;

/** What diffusers does with these configs, its classes' own defaults made visible. */
export function diffusersSetup(name: string, configs: DiffusersConfigs): Setup {
  const { scheduler, vae, unet, textEncoders = [], modelIndex } = configs;
  const builder = new SetupBuilder(scheduler?.path ?? name);
  if (scheduler !== undefined) readScheduler(builder, scheduler);
  if (vae !== undefined) readVae(builder, vae);
  if (unet !== undefined) readSize(builder, unet, vae);
  if (textEncoders.length > 0) {
    const told = textEncoders.map(({ value }) => textEncoder(value));
    const from = textEncoders.map(({ path }) => path).join(', ');
    builder.says('text_encoders', told, '/hidden_size', from);
  }
  const pipeline = text(modelIndex?.value, '_class_name') ?? '';
  const defaults = PIPELINE_DEFAULTS.get(pipeline);
  const from = `the default of diffusers ${pipeline}`;
  builder.assumes('steps', defaults?.steps, from).assumes('guidance', defaults?.guidance, from);
  return builder.build(name, 'diffusers');
}

function readScheduler(builder: SetupBuilder, { path, value }: ConfigFile): void {
  const { facts, className, settings, problems } = scheduleFromConfig(value, path);
  for (const problem of problems) {
    if (problem.kind === 'bad-value') {
      builder.note(
        `${path} has ${problem.key} ${problem.found}, which is no value of it: the default is used`,
      );
    }
    if (problem.kind === 'unknown-class') {
      builder.note(`${problem.className} is no scheduler that is known here: its defaults are not told`);
    }
  }
  const take = <K extends keyof SetupValues>(key: K, fact: Fact<SetupValues[K]> | undefined): void => {
    if (fact?.known === 'declared') builder.says(key, fact.value, `/${key}`, fact.from);
    else if (fact !== undefined) builder.assumes(key, fact.value, fact.from);
  };
  const edm = className?.startsWith('EDM') === true;
  for (const key of edm ? [] : SCHEDULE_KEYS) take(key, facts[key] as Fact<never> | undefined);
  const betas = facts.trained_betas;
  if (betas !== undefined && betas.value !== null) take('trained_betas', { ...betas, value: betas.value });
  const predicts = facts.prediction_type;
  if (predicts !== undefined) {
    take('prediction_type', { ...predicts, value: edm ? inEdmScaling(predicts.value) : predicts.value });
  }
  if (edm) {
    for (const key of ['sigma_min', 'sigma_max', 'sigma_data'] as const) {
      const fact = facts[key];
      if (fact !== undefined && fact.value !== null) take(key, { ...fact, value: fact.value });
    }
  }
  builder.says('sampler', className, '/_class_name');
  const spaced = SIGMA_KEYS.find(([key]) => settings?.[key] === true);
  if (spaced !== undefined) builder.says('scheduler', spaced[1], `/${spaced[0]}`);
}

const SIGMA_KEYS = [
  ['use_karras_sigmas', 'karras'],
  ['use_exponential_sigmas', 'exponential'],
  ['use_beta_sigmas', 'beta'],
] as const;

function readVae(builder: SetupBuilder, { path, value }: ConfigFile): void {
  const className = text(value, '_class_name') ?? 'AutoencoderKL';
  const from = `the default of diffusers ${className} (${path})`;
  const upcast = isJsonObject(value) ? value.get('force_upcast') : undefined;
  builder
    .says('vae_scale', number(value, 'scaling_factor'), '/scaling_factor', `${path} scaling_factor`)
    .says(
      'vae_upcast',
      typeof upcast === 'boolean' ? upcast : undefined,
      '/force_upcast',
      `${path} force_upcast`,
    );
  if (!className.startsWith('AutoencoderKL')) return;
  builder
    .assumes('vae_scale', VAE_DEFAULTS.scaling_factor, from)
    .assumes('vae_upcast', VAE_DEFAULTS.force_upcast, from);
}

/** The size that a pipeline draws at when it is told none: that of the net's training. */
function readSize(builder: SetupBuilder, unet: ConfigFile, vae: ConfigFile | undefined): void {
  const side = number(unet.value, 'sample_size');
  const blocks = isJsonObject(vae?.value) ? vae.value.get('block_out_channels') : undefined;
  if (side === undefined || !isJsonArray(blocks) || blocks.length === 0 || blocks.length > 16) return;
  const pixels = side * 2 ** (blocks.length - 1);
  const from = `${unet.path} sample_size, and the levels of ${vae?.path ?? ''}`;
  builder.assumes('resolution', { width: pixels, height: pixels }, from);
}

/** Text towers in use, by the width of their configs. Source: transformers `configuration_clip.py`. */
const TOWERS: ReadonlyMap<number, string> = new Map([
  [768, 'clip-l'],
  [1024, 'openclip-h'],
  [1280, 'openclip-g'],
]);

function textEncoder(config: JsonValue) {
  const [width, layers] = [number(config, 'hidden_size'), number(config, 'num_hidden_layers')];
  const clip = /clip/i.test(text(config, 'model_type') ?? text(config, '_class_name') ?? 'clip');
  const type = text(config, 'model_type') ?? 'unknown';
  const id = (clip ? TOWERS.get(width ?? 0) : undefined) ?? (type === 'chatglm' ? 'chatglm3' : type);
  return { id, ...(width === undefined ? {} : { width }), ...(layers === undefined ? {} : { layers }) };
}
