/**
 * What a checkpoint's own metadata says of its training: kohya's `ss_*` and ModelSpec.
 * Sources: kohya sd-scripts train_network.py (`metadata` of `train`), library/sai_model_spec.py and train_util.py
 * (`prepare_scheduler_for_custom_training`); Stability-AI/ModelSpec README.
 */
import { predictionDeclarations } from '../../components/declared.ts';
import type { Checkpoint } from '../../formats/checkpoint.ts';
import { type Setup, SetupBuilder, type SetupDtype } from '../setup.ts';

const DTYPES: ReadonlyMap<string, SetupDtype> = new Map([
  ['fp32', 'float32'],
  ['float32', 'float32'],
  ['float', 'float32'],
  ['fp16', 'float16'],
  ['float16', 'float16'],
  ['half', 'float16'],
  ['bf16', 'bfloat16'],
  ['bfloat16', 'bfloat16'],
]);

/** The schedule that sd-scripts trains every Stable Diffusion on. Source: train_network.py, `DDPMScheduler(…)`. */
const KOHYA = { num_train_timesteps: 1000, beta_start: 0.00085, beta_end: 0.012 } as const;

/** The setup that metadata tells of; undefined where it tells nothing. */
export function metadataSetup(checkpoint: Checkpoint): Setup | undefined {
  const { metadata, path } = checkpoint;
  const builder = new SetupBuilder(checkpoint.files[0]?.path ?? path);
  const at = (key: string): string => `/__metadata__/${key}`;
  const said = predictionDeclarations(checkpoint).find(({ by }) => by === 'metadata');
  builder.says('prediction_type', said?.prediction, at(said?.from ?? ''), said?.from);

  const zero = metadata.get('ss_zero_terminal_snr');
  if (zero === 'True' || zero === 'False') {
    builder.says(
      'rescale_betas_zero_snr',
      zero === 'True',
      at('ss_zero_terminal_snr'),
      'ss_zero_terminal_snr',
    );
  }
  const skip = /^\d{1,2}$/.exec(metadata.get('ss_clip_skip') ?? '')?.[0];
  if (skip !== undefined && Number(skip) > 0) {
    builder.says('clip_skip', Number(skip), at('ss_clip_skip'), 'ss_clip_skip');
  }
  const layer = /^\d{1,2}$/.exec(metadata.get('modelspec.encoder_layer') ?? '')?.[0];
  if (layer !== undefined && Number(layer) > 0) {
    builder.says('clip_skip', Number(layer), at('modelspec.encoder_layer'), 'modelspec.encoder_layer');
  }
  for (const key of ['ss_resolution', 'modelspec.resolution']) {
    // `(1024, 1024)`, `1024x768`, `1024`
    const match = /^\(?(\d{1,5})\)?(?:\s*[x,]\s*(\d{1,5})\)?)?$/.exec(metadata.get(key)?.trim() ?? '');
    if (match === null) continue;
    const width = Number(match[1]);
    const height = Number(match[2] ?? match[1]);
    if (width > 0 && height > 0) builder.says('resolution', { width, height }, at(key), key);
  }
  builder.says('model', metadata.get('ss_sd_model_name'), at('ss_sd_model_name'), 'ss_sd_model_name');
  builder.says('vae', metadata.get('ss_vae_name'), at('ss_vae_name'), 'ss_vae_name');
  for (const [key, name] of [
    ['unet_dtype', 'modelspec.unet_dtype'],
    ['vae_dtype', 'modelspec.vae_dtype'],
  ] as const) {
    builder.says(key, DTYPES.get(metadata.get(name) ?? ''), at(name), name);
  }
  if ([...metadata.keys()].some((key) => key.startsWith('ss_')) && !isFlow(metadata)) {
    const from = 'sd-scripts trains every Stable Diffusion on it';
    builder
      .assumes('num_train_timesteps', KOHYA.num_train_timesteps, from)
      .assumes('beta_schedule', 'scaled_linear', from)
      .assumes('beta_start', KOHYA.beta_start, from)
      .assumes('beta_end', KOHYA.beta_end, from)
      .assumes('rescale_betas_zero_snr', false, 'sd-scripts without ss_zero_terminal_snr');
  }
  const setup = builder.build(`${path} (metadata)`, 'training');
  return Object.keys(setup.fields).length === 0 ? undefined : setup;
}

/** Flux, SD3 and others of their kind are trained on no betas. */
function isFlow(metadata: ReadonlyMap<string, string>): boolean {
  return /flux|sd3|lumina|chroma|hunyuan|wan/i.test(metadata.get('ss_base_model_version') ?? '');
}
