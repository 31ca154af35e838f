import { number, text } from '../components/declared.ts';
import type { ConfigFile } from '../formats/checkpoint.ts';
import { alphasCumprod } from '../schedule/alphas.ts';
import { fingerprintSchedule } from '../schedule/fingerprint.ts';
import type { SetupFields, Told } from '../setup/setup.ts';
import { scheduleOf } from '../setup/trained.ts';
import type { Assumed, AssumedValues, Assumptions, Runtime } from './runtime.ts';

/** Believes the configs: nothing is guessed, and a key that is missing has its class's default. */
export const diffusersFolder: Runtime = {
  id: 'diffusers-folder',
  title: 'diffusers (folder)',
  version: '0.42.1',
  repository: 'huggingface/diffusers',
  checked: 'replayed',
  decide({ container, modelIndex, unetConfig, configured }) {
    if (container === 'file') return undefined;
    const pipeline = text(modelIndex?.value, '_class_name');
    if (pipeline === undefined) {
      return { kind: 'refused', reason: 'no model_index.json that names a pipeline', evidence: [] };
    }
    return {
      kind: 'identified',
      as: pipeline,
      evidence: ['_class_name of model_index.json'],
      families: [],
      assumes: configuredAssumptions(configured, unetConfig),
    };
  },
};

/** What the configs of a folder say, for every program that lets diffusers load it. */
export function configuredAssumptions(
  configured: SetupFields = {},
  unetConfig: ConfigFile | undefined = undefined,
): Assumptions {
  return { ...schedule(configured), ...plain(configured), ...net(unetConfig?.value) };
}

const BUILDS = 'pipelines/pipeline_utils.py, from_pretrained';

function plain(configured: SetupFields): Assumptions {
  const { prediction_type, vae_scale, clip_skip } = configured;
  return {
    ...taken('prediction_type', prediction_type),
    ...taken('vae_scale', vae_scale),
    ...taken('clip_skip', clip_skip),
  };
}

function taken<K extends keyof AssumedValues>(key: K, told: Told<AssumedValues[K]> | undefined): Assumptions {
  if (told === undefined) return {};
  const one: Assumed<AssumedValues[K]> = { value: told.value, because: told.from, from: BUILDS };
  return { [key]: one };
}

function schedule(configured: SetupFields): Assumptions {
  const settings = scheduleOf(configured);
  const edm = configured.prediction_type?.value.startsWith('edm') === true;
  if (settings === undefined || edm) return {};
  const because =
    (configured.trained_betas ?? configured.beta_schedule ?? configured.beta_end)?.from ??
    'the scheduler config';
  const { nearest } = fingerprintSchedule(
    alphasCumprod({ ...settings, rescale_betas_zero_snr: false }, 'float64'),
  );
  const zero = { value: settings.rescale_betas_zero_snr, because, from: BUILDS };
  if (nearest?.matches !== true)
    return { schedule: { because: `${because}: betas of its own`, from: BUILDS }, zero_terminal_snr: zero };
  return { schedule: { value: nearest.schedule.id, because, from: BUILDS }, zero_terminal_snr: zero };
}

/** Source: diffusers unet_2d_condition.py, `__init__`. */
function net(config: Parameters<typeof number>[0]): Assumptions {
  const width = number(config, 'cross_attention_dim');
  const from = 'models/unets/unet_2d_condition.py, __init__';
  if (width === undefined) return {};
  return {
    cross_attention_dim: { value: width, because: 'cross_attention_dim in the config of the unet', from },
  };
}
