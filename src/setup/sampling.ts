/**
 * How a net is to be sampled: its schedule, what it predicts, and by which sampler, each setting with who says so.
 * In this order the later wins: the defaults of the scheduler's class, the family's conventions, the file's own
 * buffers, markers and metadata, the scheduler config beside the model, and what the caller asks for.
 */
import { type Declaration, markerNames, predictionDeclarations } from '../components/declared.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { fingerprintSchedule } from '../schedule/fingerprint.ts';
import { type ScheduleFacts, scheduleFromConfig, type ScheduleProblem } from '../schedule/from-config.ts';
import type { PredictionType } from '../schedule/prediction.ts';
import { samplers, unsupported } from '../schedule/samplers/index.ts';
import type { SamplerDefinition } from '../schedule/samplers/sampler.ts';
import { classDefaults, scheduleSettings, type ScheduleSettings } from '../schedule/settings.ts';
import { familyOf } from '../topology/families/index.ts';
import type { Fact, Known, Net } from '../topology/net.ts';
import { assumedSchedule, drawsPixels } from './assumed.ts';
import type { ScheduleBuffer } from './schedule-buffers.ts';

/** What the caller wants otherwise than the model says. */
export interface SamplingWish {
  /** Id of a sampler: `ddim`, `euler`, `dpmpp_2m` … */
  readonly sampler?: string;
  readonly prediction_type?: PredictionType;
}

export interface Sampling {
  readonly sampler: SamplerDefinition;
  /** Which sampler, and who chose it. */
  readonly chosen: Fact<string>;
  readonly settings: ScheduleSettings;
  /** Every setting of the sampler's class with how it is known. */
  readonly facts: ScheduleFacts;
  /** What the model asks for and was not followed, in sentences. */
  readonly departures: readonly string[];
}

/** The caller asks for a sampler or settings that cannot be. */
export class SamplingError extends Error {
  override readonly name = 'SamplingError';
}

type Some = Partial<ScheduleSettings>;

/** Settings that one source gives. */
interface Layer {
  readonly values: Some;
  readonly known: Known;
  from(key: string): string;
}

/** Of the samplers that are deterministic and need no config, the one that every program has. */
const DEFAULT_SAMPLER = 'ddim';

/**
 * Stable Diffusion's own choices, which its runtimes share: timesteps 1, 1 + stride, …; the last step ends at the
 * first training timestep. Source: CompVis stable-diffusion ldm/models/diffusion/ddim.py (`make_ddim_timesteps`
 * adds 1); runwayml stable-diffusion-v1-5 scheduler/scheduler_config.json.
 */
const LATENT_DIFFUSION: Some = {
  clip_sample: false,
  set_alpha_to_one: false,
  steps_offset: 1,
  timestep_spacing: 'leading',
};

/**
 * Decides how a net is sampled.
 * @param buffer the schedule that the file carries, from `scheduleBuffer`
 * @throws {SamplingError} when the wish names no sampler, or the sampler cannot run the settings.
 */
export function samplingOf(
  checkpoint: Checkpoint,
  net: Net,
  buffer: ScheduleBuffer | undefined,
  wish: SamplingWish = {},
): Sampling {
  const config = checkpoint.schedulerConfig;
  const spec = config === undefined ? undefined : scheduleFromConfig(config.value, config.path);
  const [declared] = predictionDeclarations(checkpoint);
  const departures: string[] = [];
  const edm = (declared?.prediction ?? familyOf(net)?.conventions.prediction_type ?? '').includes('edm');
  const { sampler, chosen } = choose(wish, spec, edm, departures);

  const layers: Layer[] = [
    {
      values: classDefaults(sampler.className),
      known: 'convention',
      from: () => `the default of diffusers ${sampler.className}`,
    },
  ];
  layers.push(...conventions(net, buffer));
  if (spec?.settings === undefined) layers.push(...marked(checkpoint, declared));
  if (spec !== undefined) {
    // what a config leaves out comes from the class that it names, as diffusers has it
    layers.push(factLayer(spec.facts, 'convention'), factLayer(spec.facts, 'declared'));
    departures.push(...spec.problems.flatMap(problemWords));
  }
  if (wish.prediction_type !== undefined) {
    const values = { prediction_type: wish.prediction_type };
    layers.push({ values, known: 'declared', from: () => 'asked for' });
  }
  const first = scheduleSettings(sampler.className, valuesOf(factsOf(layers, sampler)));
  const left = leftAside(sampler, first);
  if (left !== undefined) {
    layers.push(left.layer);
    departures.push(...left.departures);
  }
  const facts = factsOf(layers, sampler);
  return {
    sampler,
    chosen,
    settings: scheduleSettings(sampler.className, valuesOf(facts)),
    facts,
    departures,
  };
}

/**
 * What the sampler cannot run as it is told, set to what it can. What the net predicts is never among it.
 * @throws {SamplingError} when the sampler does not suit what the net predicts.
 */
function leftAside(
  sampler: SamplerDefinition,
  settings: ScheduleSettings,
): { readonly layer: Layer; readonly departures: readonly string[] } | undefined {
  const keys = unsupported(sampler, settings);
  if (keys.length === 0) return undefined;
  if (keys.includes('prediction_type')) {
    throw new SamplingError(
      `the sampler ${sampler.id} does not run nets that predict ${settings.prediction_type}; ` +
        `another can be asked for: ${idsOfSamplers()}`,
    );
  }
  const values = Object.fromEntries(keys.map((key) => [key, sampler.supports[key]?.[0]])) as Some;
  const departures = keys.map(
    (key) =>
      `${key} ${JSON.stringify(settings[key])} is not run here: ${JSON.stringify(values[key])} in its place.`,
  );
  const from = () => `all that the sampler ${sampler.id} runs here`;
  return { layer: { values, known: 'convention', from }, departures };
}

/** Ids of all samplers, for a message. */
function idsOfSamplers(): string {
  return samplers.map(({ id }) => id).join(', ');
}

type Spec = ReturnType<typeof scheduleFromConfig>;

function choose(
  wish: SamplingWish,
  spec: Spec | undefined,
  edm: boolean,
  departures: string[],
): { readonly sampler: SamplerDefinition; readonly chosen: Fact<string> } {
  if (wish.sampler !== undefined) {
    const sampler = samplers.find(({ id }) => id === wish.sampler);
    if (sampler === undefined)
      throw new SamplingError(`there is no sampler ${wish.sampler}; there are ${idsOfSamplers()}`);
    return { sampler, chosen: { value: sampler.id, known: 'declared', from: 'asked for' } };
  }
  const declared = samplerOfConfig(spec, wish.prediction_type);
  if (declared !== undefined) {
    const from = `the scheduler config's ${declared.className}`;
    return { sampler: declared, chosen: { value: declared.id, known: 'declared', from } };
  }
  const [id, why] = edm
    ? (['edm_euler', 'the sampler of EDM nets'] as const)
    : ([DEFAULT_SAMPLER, 'the sampler that every program has'] as const);
  const sampler = samplers.find((each) => each.id === id);
  if (sampler === undefined) throw new Error(`no sampler ${id}`);
  if (spec?.className !== undefined) {
    const stands = spec.problems.flatMap((problem) => (problem.kind === 'unsupported' ? [problem.key] : []));
    const how = stands.length === 0 ? '' : ` with ${stands.join(', ')} as it has them`;
    departures.push(`The config names ${spec.className}, which is not run here${how}: ${id} in its place.`);
  }
  return { sampler, chosen: { value: id, known: 'convention', from: why } };
}

/** The config's own sampler, unless settings that it declares cannot be run. A value that is none is passed over. */
function samplerOfConfig(
  spec: Spec | undefined,
  predicts: PredictionType | undefined,
): SamplerDefinition | undefined {
  if (spec?.problems.some(({ kind }) => kind !== 'bad-value')) return undefined;
  const sampler = samplers.find(({ className }) => className === spec?.className);
  const runs = predicts === undefined || (sampler?.supports.prediction_type?.includes(predicts) ?? true);
  return runs ? sampler : undefined;
}

/** Without a config: what the family's runtimes assume, and over that the file's own table. */
function conventions(net: Net, buffer: ScheduleBuffer | undefined): readonly Layer[] {
  const family = familyOf(net);
  const assumed = family?.conventions;
  const pixels = drawsPixels(net);
  const known = assumedSchedule(net);
  const who = family?.title ?? net.family.title;
  const prediction = assumed?.prediction_type;
  const told: Some = {
    ...known.settings,
    ...(pixels ? {} : LATENT_DIFFUSION),
    ...(prediction === undefined ? {} : predictionSettings(prediction)),
  };
  const layers: Layer[] = [
    { values: told, known: 'convention', from: () => `${who}: what its runtimes assume` },
  ];
  if (buffer === undefined) return layers;
  const { nearest } = fingerprintSchedule(buffer.alphas);
  if (nearest?.matches === true) {
    const { schedule } = nearest;
    const from = () => `the file's ${buffer.tensor}, which is that of ${schedule.usedBy}`;
    return [...layers, { values: schedule.settings, known: 'measured', from }];
  }
  const values: Some = {
    trained_betas: betasOf(buffer.alphas),
    num_train_timesteps: buffer.alphas.length,
    rescale_betas_zero_snr: false,
  };
  return [...layers, { values, known: 'measured', from: () => `the file's ${buffer.tensor}` }];
}

/** β(t) = 1 − ᾱ(t) / ᾱ(t−1). */
function betasOf(alphas: Float64Array): readonly number[] {
  return [...alphas].map((alpha, t) => 1 - (t === 0 ? alpha : alpha / (alphas[t - 1] as number)));
}

/** Markers and metadata: what the net predicts, and whether its schedule ends in pure noise. */
function marked(checkpoint: Checkpoint, declared: Declaration | undefined): readonly Layer[] {
  const layers: Layer[] = [];
  if (declared !== undefined) {
    const values = predictionSettings(declared.prediction);
    layers.push({ values, known: 'declared', from: () => declared.from });
  }
  if (markerNames(checkpoint).has('ztsnr')) {
    // a schedule that ends in pure noise is only used when sampling starts there. Lin et al. 2023, section 3.3
    const values: Some = { rescale_betas_zero_snr: true, timestep_spacing: 'trailing' };
    layers.push({ values, known: 'declared', from: () => 'the marker tensor ztsnr' });
  }
  return layers;
}

/**
 * The words of families and markers in diffusers' settings. EDM nets with v (CosXL) have data of deviation 1.
 * Sources: diffusers scheduling_edm_euler.py; ComfyUI model_sampling.py, `EDM` and `V_PREDICTION`.
 */
function predictionSettings(prediction: string): Some {
  switch (prediction) {
    case 'edm':
      return { prediction_type: 'epsilon', sigma_data: 0.5 };
    case 'edm_v_prediction':
      return { prediction_type: 'v_prediction', sigma_data: 1 };
    case 'v_prediction':
    case 'sample':
      return { prediction_type: prediction };
    default:
      return { prediction_type: 'epsilon' };
  }
}

/** Of a config's facts those that are known in one way. */
function factLayer(facts: ScheduleFacts, known: 'convention' | 'declared'): Layer {
  const entries = Object.entries(facts).filter(([, fact]) => fact.known === known);
  const from = new Map(entries.map(([key, fact]) => [key, fact.from]));
  return {
    values: Object.fromEntries(entries.map(([key, { value }]) => [key, value])) as Some,
    known,
    from: (key) => from.get(key) ?? '',
  };
}

/** The settings that the sampler's class has, each from the last layer that gives it. */
function factsOf(layers: readonly Layer[], { className }: SamplerDefinition): ScheduleFacts {
  const has = classDefaults(className);
  const facts = new Map<string, Fact<unknown>>();
  for (const { values, known, from } of layers) {
    for (const [key, value] of Object.entries(values)) {
      if (key in has) facts.set(key, { value, known, from: from(key) });
    }
  }
  // the keys and value types are those of the layers
  return Object.fromEntries(facts) as ScheduleFacts;
}

function valuesOf(facts: ScheduleFacts): Some {
  return Object.fromEntries(Object.entries(facts).map(([key, { value }]) => [key, value])) as Some;
}

/** A sentence for what a config asks that is not followed; none where the choice of the sampler has said it. */
function problemWords(problem: ScheduleProblem): readonly string[] {
  switch (problem.kind) {
    case 'not-an-object':
      return [`The scheduler config is ${problem.found}, not an object: it is passed over.`];
    case 'no-class':
      return ['The scheduler config names no class: only what it declares is used.'];
    case 'bad-value':
      return [
        `The scheduler config has ${problem.key} ${problem.found}, which is no value of it: passed over.`,
      ];
    case 'conflict':
      return [`The scheduler config sets ${problem.keys.join(' and ')} together, which diffusers refuses.`];
    case 'unknown-class':
    case 'no-sampler':
    case 'unsupported':
      return [];
  }
}
