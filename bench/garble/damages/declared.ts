/** The weights stay as they are; what is said of them is wrong. */
import { type ConfigEdit, configAt, type Edit } from '../edit.ts';
import type { Subject } from '../subject.ts';
import type { Kind, Means } from './kind.ts';
import { attentions } from './tensors.ts';

type Config = Readonly<Record<string, unknown>>;

/** An edit of the scheduler's config; undefined where there is none, or nothing would change. */
function scheduler(subject: Subject, change: (config: Config) => ConfigEdit | undefined): Edit | undefined {
  return configEdit(subject, subject.checkpoint.schedulerConfig?.path, change);
}

/** The same of the U-Net's. */
function unet(subject: Subject, change: (config: Config) => ConfigEdit | undefined): Edit | undefined {
  const part = subject.checkpoint.parts.find(({ name }) => name === subject.unet.part);
  return configEdit(subject, part?.config?.path, change);
}

export function configEdit(
  subject: Subject,
  path: string | undefined,
  change: (config: Config) => ConfigEdit | undefined,
): Edit | undefined {
  const config = path === undefined ? undefined : configAt(subject, path);
  const keys = config === undefined ? undefined : change(config);
  if (path === undefined || keys === undefined) return undefined;
  const same = Object.entries(keys).every(([key, value]) => config?.[key] === value);
  return same ? undefined : { configs: new Map([[path, keys]]) };
}

/** How a single file's metadata calls what diffusers calls otherwise. Source: ModelSpec 1.0.0. */
const MODELSPEC: ReadonlyMap<string, string> = new Map([
  ['epsilon', 'epsilon'],
  ['v_prediction', 'v'],
]);

function predictionType({ subject }: Means, type: string): Edit | undefined {
  const key = 'modelspec.prediction_type';
  const told = subject.checkpoint.metadata.get(key);
  if (subject.checkpoint.schedulerConfig === undefined && told !== undefined) {
    const word = MODELSPEC.get(type);
    return word === undefined || word === told ? undefined : { metadata: new Map([[key, word]]) };
  }
  return scheduler(subject, (config) =>
    (config['prediction_type'] ?? 'epsilon') === type ? undefined : { prediction_type: type },
  );
}

/** Schedules that nets are really trained on. */
const SCHEDULES: ReadonlyMap<string, ConfigEdit> = new Map<string, ConfigEdit>([
  ['scaled_linear', { beta_schedule: 'scaled_linear', beta_start: 0.00085, beta_end: 0.012 }],
  ['linear', { beta_schedule: 'linear', beta_start: 0.0001, beta_end: 0.02 }],
  ['cosine', { beta_schedule: 'squaredcos_cap_v2' }],
]);

/** A number, or each of several, times a factor; undefined where that is no whole number from 1 on. */
function times(value: unknown, factor: number): unknown {
  if (Array.isArray(value)) {
    const all = value.map((each) => times(each, factor));
    return all.includes(undefined) ? undefined : all;
  }
  if (typeof value !== 'number') return undefined;
  const product = value * factor;
  return Number.isInteger(product) && product >= 1 ? product : undefined;
}

function heads({ subject }: Means, strength: string): Edit | undefined {
  if (attentions(subject).length === 0) return undefined;
  return unet(subject, (config) => {
    const key =
      (config['num_attention_heads'] ?? null) === null ? 'attention_head_dim' : 'num_attention_heads';
    const value = times(config[key] ?? 8, Number(strength.slice(1)));
    return value === undefined ? undefined : { [key]: value };
  });
}

export const declared: readonly Kind[] = [
  {
    id: 'prediction-type',
    does: 'another prediction type declared',
    strengths: ['epsilon', 'v_prediction', 'sample'],
    make: predictionType,
  },
  {
    id: 'schedule',
    does: 'another noise schedule declared',
    strengths: [...SCHEDULES.keys()],
    make: ({ subject }, name) =>
      scheduler(subject, (config) => {
        const keys = SCHEDULES.get(name);
        return config['beta_schedule'] === keys?.['beta_schedule'] ? undefined : keys;
      }),
  },
  {
    id: 'beta-end',
    does: "the schedule's last beta declared too small or too large",
    strengths: ['×0.5', '×2'],
    make: ({ subject }, strength) =>
      scheduler(subject, ({ beta_schedule, beta_end }) =>
        String(beta_schedule).endsWith('linear') && typeof beta_end === 'number'
          ? { beta_end: beta_end * Number(strength.slice(1)) }
          : undefined,
      ),
  },
  {
    id: 'zero-terminal-snr',
    does: 'a schedule that ends in pure noise declared, or no longer declared',
    strengths: [''],
    make: ({ subject }) =>
      scheduler(subject, ({ rescale_betas_zero_snr }) => ({
        _class_name: 'DDIMScheduler',
        rescale_betas_zero_snr: rescale_betas_zero_snr !== true,
        timestep_spacing: rescale_betas_zero_snr === true ? 'leading' : 'trailing',
      })),
  },
  { id: 'heads', does: 'another number of heads declared', strengths: ['×2', '×0.5', '×0.25'], make: heads },
  {
    id: 'norm-groups',
    does: 'another number of groups in the norms declared',
    strengths: ['×0.5', '×0.25', '×2'],
    make: ({ subject }, strength) =>
      unet(subject, (config) => {
        const value = times(config['norm_num_groups'] ?? 32, Number(strength.slice(1)));
        return value === undefined ? undefined : { norm_num_groups: value };
      }),
  },
  {
    id: 'sine-order-declared',
    does: 'sine and cosine declared in the other order',
    strengths: [''],
    make: ({ subject }) =>
      unet(subject, ({ flip_sin_to_cos }) => ({ flip_sin_to_cos: flip_sin_to_cos === false })),
  },
  {
    id: 'frequency-shift',
    does: 'the frequencies of the timestep declared shifted',
    strengths: [''],
    make: ({ subject }) => unet(subject, ({ freq_shift }) => ({ freq_shift: freq_shift === 1 ? 0 : 1 })),
  },
  {
    id: 'activation',
    does: 'another activation declared',
    strengths: ['gelu', 'relu'],
    make: ({ subject }, act_fn) => unet(subject, () => ({ act_fn })),
  },
  {
    id: 'norm-eps',
    does: 'another epsilon of the norms declared',
    strengths: ['0.001', '0.1'],
    make: ({ subject }, strength) => unet(subject, () => ({ norm_eps: Number(strength) })),
  },
  {
    id: 'centred-input',
    does: 'an input from 0 to 1 declared',
    strengths: [''],
    make: ({ subject }) => unet(subject, () => ({ center_input_sample: true })),
  },
  {
    id: 'downsample-padding',
    does: 'the other padding of the downsamplers declared',
    strengths: [''],
    make: ({ subject }) =>
      unet(subject, ({ downsample_padding }) => ({ downsample_padding: downsample_padding === 0 ? 1 : 0 })),
  },
];
