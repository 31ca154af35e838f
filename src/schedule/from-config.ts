/** Reads a diffusers `scheduler_config.json`: which sampler it names, what it declares, what it leaves to defaults. */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue, valueInWords } from '../formats/json.ts';
import type { Fact } from '../topology/net.ts';
import { BETA_SCHEDULES } from './betas.ts';
import { PREDICTION_TYPES } from './prediction.ts';
import { samplerOf, unsupported } from './samplers/index.ts';
import type { SamplerDefinition } from './samplers/sampler.ts';
import {
  classDefaults,
  FINAL_SIGMAS_TYPES,
  type SchedulerClass,
  type ScheduleSettings,
  schedulerClassNamed,
  scheduleSettings,
} from './settings.ts';
import { TIMESTEP_SPACINGS } from './spacing.ts';

/** Each setting with how it is known: declared by the config, or the convention of its class. */
export type ScheduleFacts = {
  readonly [Key in keyof ScheduleSettings]?: Fact<ScheduleSettings[Key]>;
};

/** Why a config cannot be followed to the letter. */
export type ScheduleProblem =
  | { readonly kind: 'not-an-object'; readonly found: string }
  | { readonly kind: 'no-class' }
  /** The class is not one of diffusers' that are known here: nothing is assumed of it. */
  | { readonly kind: 'unknown-class'; readonly className: string }
  /** The class is known, but nothing here runs it. */
  | { readonly kind: 'no-sampler'; readonly className: SchedulerClass }
  /** The key is declared with a value that the class does not take. */
  | { readonly kind: 'bad-value'; readonly key: keyof ScheduleSettings; readonly found: string }
  /** Several of these are set and diffusers takes one at most: its class raises. */
  | { readonly kind: 'conflict'; readonly keys: readonly (keyof ScheduleSettings)[] }
  /** The value is one that diffusers takes and the sampler here does not run. */
  | { readonly kind: 'unsupported'; readonly key: keyof ScheduleSettings };

/** A noise schedule and sampler as a config describes them. */
export interface ScheduleSpec {
  /** `_class_name` as it stands; absent where there is none. */
  readonly className?: string;
  /** What the config declares, and for a known class also its defaults; without a class only what is declared. */
  readonly facts: ScheduleFacts;
  /** The facts as plain settings; absent when the class is not known. */
  readonly settings?: ScheduleSettings;
  /** The sampler that the class names; absent when there is none or a problem stands in its way. */
  readonly sampler?: SamplerDefinition;
  readonly problems: readonly ScheduleProblem[];
}

/** Reads a JSON value as a setting, or gives undefined where it is of the wrong kind. */
type Parser<T> = (value: JsonValue) => T | undefined;

const number: Parser<number> = (value) => (typeof value === 'number' ? value : undefined);
const flag: Parser<boolean> = (value) => (typeof value === 'boolean' ? value : undefined);
const text: Parser<string> = (value) => (typeof value === 'string' ? value : undefined);
const oneOf =
  <T extends string>(choices: readonly T[]): Parser<T> =>
  (value) =>
    choices.find((choice) => choice === value);
const orNull =
  <T>(parse: Parser<T>): Parser<T | null> =>
  (value) =>
    value === null ? null : parse(value);
const numbers: Parser<readonly number[]> = (value) => {
  if (!isJsonArray(value)) return undefined;
  const found = value.filter((item) => typeof item === 'number');
  return found.length === value.length && found.length > 0 ? found : undefined;
};
const above =
  (least: number): Parser<number> =>
  (value) =>
    typeof value === 'number' && value > least ? value : undefined;
/** Most training timesteps that a table is made for; models have 1000 or so, a hostile config may ask for any. */
const MOST_TIMESTEPS = 100_000;

const whole =
  (least: number): Parser<number> =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= MOST_TIMESTEPS
      ? value
      : undefined;
/** A β: with 0 or 1 there would be a step that adds no noise, or nothing but. */
const betweenZeroAndOne: Parser<number> = (value) =>
  typeof value === 'number' && value > 0 && value < 1 ? value : undefined;
/** Python writes its infinities as bare words; a lenient reader hands them on as numbers or as text. */
const unbounded: Parser<number> = (value) =>
  value === '-Infinity' ? Number.NEGATIVE_INFINITY : number(value);

const PARSERS: { readonly [Key in keyof ScheduleSettings]: Parser<ScheduleSettings[Key]> } = {
  num_train_timesteps: whole(2),
  beta_schedule: oneOf(BETA_SCHEDULES),
  beta_start: betweenZeroAndOne,
  beta_end: betweenZeroAndOne,
  trained_betas: orNull(numbers),
  rescale_betas_zero_snr: flag,
  prediction_type: oneOf(PREDICTION_TYPES),
  timestep_spacing: oneOf(TIMESTEP_SPACINGS),
  steps_offset: whole(0),
  set_alpha_to_one: flag,
  clip_sample: flag,
  clip_sample_range: above(0),
  thresholding: flag,
  use_karras_sigmas: flag,
  use_exponential_sigmas: flag,
  use_beta_sigmas: flag,
  use_lu_lambdas: flag,
  use_flow_sigmas: flag,
  interpolation_type: text,
  timestep_type: oneOf(['discrete', 'continuous']),
  sigma_min: orNull(above(0)),
  sigma_max: orNull(above(0)),
  final_sigmas_type: oneOf(FINAL_SIGMAS_TYPES),
  solver_order: whole(1),
  algorithm_type: text,
  solver_type: text,
  lower_order_final: flag,
  euler_at_final: flag,
  lambda_min_clipped: unbounded,
  variance_type: orNull(text),
  original_inference_steps: whole(1),
  timestep_scaling: above(0),
  skip_prk_steps: flag,
  sigma_data: above(0),
  sigma_schedule: oneOf(['karras', 'exponential']),
  rho: above(0),
};

const KEYS = Object.keys(PARSERS) as (keyof ScheduleSettings)[];

/** Ways of laying the sigmas anew. */
const RESPACINGS = ['use_karras_sigmas', 'use_exponential_sigmas', 'use_beta_sigmas'] as const;

function conflicts(settings: ScheduleSettings): readonly ScheduleProblem[] {
  const keys = RESPACINGS.filter((key) => settings[key]);
  return keys.length > 1 ? [{ kind: 'conflict', keys }] : [];
}

/** The config's declared values, and the keys whose values are of the wrong kind. */
interface Declared {
  readonly values: Partial<ScheduleSettings>;
  readonly problems: readonly ScheduleProblem[];
}

function readDeclared(config: JsonObject, keys: readonly (keyof ScheduleSettings)[]): Declared {
  const values: { -readonly [Key in keyof ScheduleSettings]?: ScheduleSettings[Key] } = {};
  const problems: ScheduleProblem[] = [];
  const take = <Key extends keyof ScheduleSettings>(key: Key, found: JsonValue) => {
    const value = PARSERS[key](found);
    if (value !== undefined) values[key] = value;
    else problems.push({ kind: 'bad-value', key, found: inWords(found) });
  };
  for (const key of keys) {
    const found = config.get(key);
    if (found !== undefined) take(key, found);
  }
  return { values, problems };
}

function inWords(value: JsonValue): string {
  return typeof value === 'object' ? valueInWords(value) : JSON.stringify(String(value));
}

/** Each value as a fact of the same kind and source. */
function facts(
  values: Partial<ScheduleSettings>,
  known: Fact<unknown>['known'],
  from: (key: string) => string,
): ScheduleFacts {
  const entries = Object.entries(values).map(([key, value]) => [key, { value, known, from: from(key) }]);
  // the keys and value types are those of `values`
  return Object.fromEntries(entries) as ScheduleFacts;
}

/**
 * Reads a diffusers scheduler config. Of a known class every setting is a fact: declared where the config has the
 * key, else the class's default as a convention. Keys that the class does not have are ignored, as diffusers does.
 * Of an unknown class only what the config declares is told, and no sampler is named. Never throws.
 * @param path what the facts give as their source
 */
export function scheduleFromConfig(config: JsonValue, path = 'scheduler_config.json'): ScheduleSpec {
  const declaredBy = (key: string) => `${path} ${key}`;
  if (!isJsonObject(config)) {
    return { facts: {}, problems: [{ kind: 'not-an-object', found: valueInWords(config) }] };
  }
  const named = config.get('_class_name');
  const className = typeof named === 'string' ? named : undefined;
  const known = className === undefined ? undefined : schedulerClassNamed(className);
  if (className === undefined || known === undefined) {
    const { values, problems } = readDeclared(config, KEYS);
    const why: ScheduleProblem =
      className === undefined ? { kind: 'no-class' } : { kind: 'unknown-class', className };
    return {
      ...(className !== undefined && { className }),
      facts: facts(values, 'declared', declaredBy),
      problems: [why, ...problems],
    };
  }
  const defaults = classDefaults(known);
  const { values, problems } = readDeclared(
    config,
    KEYS.filter((key) => key in defaults),
  );
  const settings = scheduleSettings(known, values);
  const sampler = samplerOf(known);
  const inTheWay: readonly ScheduleProblem[] =
    sampler === undefined
      ? [{ kind: 'no-sampler', className: known }]
      : unsupported(sampler, settings).map((key) => ({ kind: 'unsupported', key }));
  const all = [...problems, ...conflicts(settings), ...inTheWay];
  return {
    className,
    facts: {
      ...facts(defaults, 'convention', () => `the default of diffusers ${known}`),
      ...facts(values, 'declared', declaredBy),
    },
    settings,
    ...(sampler !== undefined && all.length === 0 && { sampler }),
    problems: all,
  };
}
