/** Runs the probes on a checkpoint's net and joins what they find. */
import { fingerprintSchedule } from '../../schedule/fingerprint.ts';
import type { NoiseSource } from '../../schedule/latent.ts';
import { normalNoise } from '../../schedule/noise.ts';
import type { PredictionType } from '../../schedule/prediction.ts';
import { type AlphaSettings, alphasCumprod } from '../../schedule/alphas.ts';
import { deepestDivisor, pixelFactor } from '../../topology/resolution.ts';
import type { NumbersReading, WiringReading } from '../../values/index.ts';
import { companionValues } from '../companion-values.ts';
import type { TextFeatures } from '../conditions.ts';
import type { Engine } from '../engine.ts';
import { checkMemory } from '../memory.ts';
import { batchFor, onlyLatent } from '../own-sizes.ts';
import { configOf } from '../parts.ts';
import { planOf, type RunPlan, type RunRequest } from '../plan.ts';
import type { Session } from '../session.ts';
import type { Assessment, ProbeName, Unjudged } from './assessment.ts';
import { tryAutoencoder } from './autoencoder.ts';
import { type Effort, effortFor, isBearable, isRefitted, MINUTES, REFIT } from './effort.ts';
import { type Alternative, conditionsFor, manyConditions, textsOf } from './fed.ts';
import { judge, type Measured, NOTHING } from './judge.ts';
import { fitLastLayer, type Run } from './last-layer.ts';
import { type Levels, levelsOf } from './levels.ts';
import { noises } from './mixing.ts';
import { type Condition, NetSubject, type NetSubjectOptions, NotFinite } from './net-subject.ts';
import { runOtherWays } from './other-ways.ts';
import { pictureNumbers } from './picture.ts';
import { confirmed, readPrediction } from './prediction.ts';
import { conditionResponse, type Response, timeResponse } from './response.ts';
import { drawSamples } from './samples.ts';
import { readSchedule } from './schedule.ts';
import { lengthOf } from './subject.ts';
import { asymmetry } from './symmetry.ts';
import { textFits } from './text-fits.ts';

export interface AssessRequest {
  /** How the net is to be run. What it says of sampler and prediction type counts as declared. */
  readonly run?: RunRequest;
  /** What the weights say without a run, where the caller has it read; it may still be under way. */
  readonly wiring?: Promise<WiringReading>;
  readonly numbers?: Promise<NumbersReading>;
  /** What is fed in place of texts, where the caller has it and the model does not: each another one. */
  readonly features?: readonly TextFeatures[];
  /** Inputs that are fed as they are, [1, …] each, in place of what is made for them: `time_ids`. */
  readonly inputs?: Condition;
  /** A whole number from 0. */
  readonly seed?: number;
  /** Side of the latents that are probed. */
  readonly side?: number;
  /** Does with every net what is done with small ones only, for it takes many runs. */
  readonly thorough?: boolean;
  readonly signal?: AbortSignal;
  /** Told what is begun. */
  readonly onProbe?: (what: ProbeName | 'load' | 'read prompts') => void;
}

/**
 * Says whether a checkpoint's net denoises as its files say it does, and what it was trained for. Every number is the same
 * again for the same seed on the same machine.
 * @throws {RequestError} for a request that the model cannot follow, {EngineError} when the runtime fails,
 *   {UnsupportedNetError} for nets that are not computed here; the signal's reason when it is aborted. NaN is a finding.
 */
export async function assess(session: Session, request: AssessRequest = {}): Promise<Assessment> {
  const clock = new Clock();
  const { onProbe, signal } = request;
  // awaited when the net is loaded: until then a failure is nobody's
  request.wiring?.catch(() => undefined);
  request.numbers?.catch(() => undefined);
  const { net } = session.parts;
  const effort = effortFor(net, request.thorough);
  const own = planOf(session, request.run ?? {});
  const plan = planOf(session, { ...request.run, size: sizeFor(session, own, request.side, effort) });
  const { availableMemory } = session.options;
  if (availableMemory !== undefined) checkMemory(plan.memory, await availableMemory());
  onProbe?.('read prompts');
  const unjudged: Unjudged[] = [];
  const features = request.features ?? (await textsOf(session, request.run?.prompt, unjudged));
  const { conditions, alternatives } = conditionsFor(session, features, own, request.inputs);
  const companions = await companionValues(session, plan);
  const many = isBearable(net, request.thorough)
    ? await manyConditions(session, request.features, own, request.inputs)
    : MINUTES;
  clock.lap('text');
  signal?.throwIfAborted();

  const { settings } = plan.sampling;
  const declared = declaredOf(plan);
  const upcast = declaresUpcast(session);
  const measured: Measured = {
    declared: declared.type,
    activations: [],
    ...(upcast === undefined ? {} : { upcast }),
  };
  measured.texts = await textFits(session, features, request.features === undefined ? session.readers : []);
  if (
    measured.texts.length === 0 &&
    session.graph.inputs.some(({ name }) => name === 'encoder_hidden_states')
  ) {
    const reason = 'no text is at hand that cross-attention reads as it is';
    unjudged.push({ probe: 'text_encoder', reason });
  }
  const options: NetSubjectOptions = {
    latent: plan.latent,
    timesteps: settings.num_train_timesteps,
    conditions: [...conditions, ...alternatives.map(({ condition }) => condition)],
    companions,
    batch: batchFor(session.graph, effort.batch),
    ...(signal === undefined ? {} : { signal }),
  };
  let forwards = 0;
  let device: Assessment['device'] | undefined;
  onProbe?.('load');
  await session.borrow(session.tapped(), 'U-Net', async (engine: Engine) => {
    clock.lap('load');
    // read beside the load; beside a net that computes on all cores it would keep some of them waiting for the others
    if (request.wiring !== undefined) {
      onProbe?.('wiring');
      measured.wiring = await request.wiring;
      clock.lap('wiring');
    }
    if (request.numbers !== undefined) measured.numbers = await request.numbers;
    device = engine.device;
    const subject = new NetSubject(engine, options);
    const fed = isRefitted(net, request.thorough) ? many : MINUTES;
    const wide = typeof fed === 'string' ? fed : new NetSubject(engine, { ...options, conditions: fed });
    try {
      if (declared.edm) unjudged.push(...EDM_UNJUDGED);
      else {
        const context: Context = { ...declared, effort, request, clock, conditions, alternatives };
        await probe(subject, measured, context);
        const reason = await lastLayer(engine, wide, measured, context);
        if (reason !== undefined) unjudged.push({ probe: 'refit', reason });
      }
    } catch (error) {
      if (!(error instanceof NotFinite)) throw error;
      measured.notFinite = error;
    } finally {
      forwards = subject.forwards + (typeof wide === 'string' ? 0 : wide.forwards);
      measured.activations = [...subject.largest].map(([block, largest]) => ({ block, largest }));
      measured.scores = [...subject.largestScores].map(([block, largest]) => ({ block, largest }));
    }
  });
  if (plan.scale !== undefined && measured.notFinite === undefined) {
    onProbe?.('autoencoder');
    const reading = await tryAutoencoder(session, plan, measured.schedule?.pictures ?? []);
    if (typeof reading === 'string') unjudged.push({ probe: 'autoencoder', reason: reading });
    else if (reading !== undefined) measured.autoencoder = reading;
    clock.lap('autoencoder');
  }
  if (!declared.edm && measured.notFinite === undefined) {
    forwards += await runOtherWays(measured, unjudged, {
      session,
      options,
      levels: declared.levels,
      run: runOf(measured, { ...declared, request }),
      many,
      thorough: request.thorough,
      onProbe: (what) => onProbe?.(what),
      lap: (what) => clock.lap(what),
    });
  }
  const { verdict, evidence } = judge(measured);
  if (device === undefined) throw new Error('an engine that was lent and never used');
  const { prediction, schedule } = measured;
  return {
    verdict,
    evidence,
    declared: {
      prediction_type: declared.type,
      from: plan.sampling.facts.prediction_type?.from ?? '',
      ...(declared.levels.id === undefined ? {} : { schedule: declared.levels.id }),
    },
    read: {
      ...(prediction === undefined ? {} : { prediction }),
      ...(schedule === undefined ? {} : { schedule: schedule.reading }),
      ...(measured.readings === undefined ? {} : { readings: measured.readings }),
      ...(measured.inputs === undefined ? {} : { inputs: measured.inputs }),
      ...(measured.exchanges === undefined ? {} : { exchanges: measured.exchanges }),
    },
    activations: measured.activations,
    scores: measured.scores ?? [],
    device,
    unjudged,
    forwards,
    times: clock.times(),
  };
}

/** Whether its config wants queries and keys multiplied in float32; undefined where it has none. */
function declaresUpcast({ checkpoint, parts }: Session): boolean | undefined {
  const config = configOf(checkpoint, parts.unet);
  // the default of diffusers' UNet2DConditionModel is false
  return config instanceof Map ? config.get('upcast_attention') === true : undefined;
}

const EDM_UNJUDGED: readonly Unjudged[] = (['prediction_type', 'schedule', 'gain', 'denoise'] as const).map(
  (probe) => ({ probe, reason: 'the net is preconditioned as EDM has it, which is not read here' }),
);

interface Context {
  readonly type: PredictionType;
  readonly levels: Levels;
  readonly effort: Effort;
  readonly request: AssessRequest;
  readonly clock: Clock;
  readonly conditions: readonly Condition[];
  readonly alternatives: readonly Alternative[];
}

async function probe(subject: NetSubject, measured: Measured, context: Context): Promise<void> {
  const { effort, request, clock, levels } = context;
  const { onProbe } = request;
  const noise: NoiseSource = normalNoise(request.seed ?? 0);
  onProbe?.('prediction_type');
  const first = await readPrediction(subject, noise, effort.pictures);
  const prediction = await confirmed(subject, first, levels, noise);
  measured.prediction = prediction;
  clock.lap('prediction_type');

  onProbe?.('schedule');
  // a net whose type is not clear is still run as it would be
  const type = prediction.type ?? context.type;
  const { pictures, steps } = effort;
  const found = await readSchedule(subject, type, levels, noise, effort);
  measured.schedule = found;
  measured.picture = pictureNumbers(found.first, subject);
  clock.lap('schedule');

  onProbe?.('time');
  const given = noises(noise, pictures, lengthOf(subject));
  measured.time = await timeResponse(subject, found.levels, found.pictures, given);
  measured.responses = await responses(subject, type, found.levels, found.pictures, given, context);
  clock.lap('response');

  onProbe?.('symmetry');
  const places = found.pictures.slice(0, effort.places);
  measured.asymmetry = await asymmetry(subject, type, found.levels, places, noise, effort.symmetry);
  clock.lap('symmetry');

  if (type !== context.type) {
    onProbe?.('denoise');
    const drawn = await drawSamples(subject, context.type, levels, noise, { count: 1, steps });
    measured.pictureAsDeclared = pictureNumbers(drawn, subject);
    clock.lap('denoise');
  }
}

/**
 * What a new fit of the last layer would take away.
 * @param subject one that is fed many conditions; or why there are none
 * @returns why it was not looked at
 */
async function lastLayer(
  { graph }: Engine,
  subject: NetSubject | string,
  measured: Measured,
  context: Context,
): Promise<string | undefined> {
  const { schedule: found, time = 0 } = measured;
  const { request, clock } = context;
  if (typeof subject === 'string') return subject;
  if (!graph.outputs.some(({ name }) => name === 'features'))
    return 'its graph gives out no layer but the last';
  if (found === undefined) return undefined;
  if (time < NOTHING)
    return 'the net does not look at the timestep, so it is right only on the average over all of them';
  request.onProbe?.('refit');
  const { refit, pictures } = await fitLastLayer(subject, runOf(measured, context), REFIT);
  measured.refit = refit;
  measured.own = pictures;
  clock.lap('refit');
  return undefined;
}

/** The net asked as what it was read to be, and as declared where that is not clear. */
function runOf(
  { prediction, schedule, own: pictures }: Measured,
  { type, levels, request }: Pick<Context, 'type' | 'levels' | 'request'>,
): Run {
  return {
    type: prediction?.type ?? type,
    levels: schedule?.levels ?? levels,
    seed: request.seed ?? 0,
    ...(pictures === undefined ? {} : { pictures }),
  };
}

async function responses(
  subject: NetSubject,
  type: PredictionType,
  levels: Levels,
  pictures: readonly Float32Array[],
  given: readonly Float32Array[],
  { request, conditions, alternatives }: Context,
): Promise<readonly (Response & { readonly probe: Alternative['probe']; readonly with: string })[]> {
  const [clean, a, b] = [pictures[0], given[0], given[1] ?? given[0]];
  if (alternatives.length === 0 || clean === undefined || a === undefined || b === undefined) return [];
  request.onProbe?.(alternatives[0]?.probe ?? 'text');
  const indices = [0, ...alternatives.map((_, index) => conditions.length + index)];
  const found = await conditionResponse(subject, type, levels, clean, [a, b], indices);
  return found.map(({ change, noise: apart }, index) => {
    const { probe, with: words } = alternatives[index] as Alternative;
    return { change, noise: apart, probe, with: words };
  });
}

/** The latent that is probed: the net's own size where that is small, in steps that the net can halve. */
function sizeFor(
  { components, parts, graph }: Session,
  { latent, size }: RunPlan,
  asked: number | undefined,
  effort: Effort,
): RunPlan['size']['value'] {
  if (onlyLatent(graph) !== undefined) return size.value;
  const { factor } = pixelFactor(components, parts.net);
  const divisor = deepestDivisor(parts.net);
  const side = asked ?? Math.min(effort.side, latent.height, latent.width);
  const whole = Math.max(1, Math.round(side / divisor)) * divisor * factor;
  return { width: whole, height: whole };
}

function declaredOf(plan: RunPlan): { type: PredictionType; levels: Levels; edm: boolean } {
  const { settings, sampler } = plan.sampling;
  const alpha = settings as AlphaSettings;
  const { nearest } = fingerprintSchedule(alphasCumprod(alpha, 'float64'));
  const id = nearest?.matches === true ? nearest.schedule.id : undefined;
  return {
    type: settings.prediction_type as PredictionType,
    levels: levelsOf(alpha, id),
    edm: sampler.id.startsWith('edm'),
  };
}

class Clock {
  readonly #began = performance.now();
  readonly #times = new Map<string, number>();
  #last = this.#began;

  lap(what: string): void {
    const now = performance.now();
    this.#times.set(what, Math.round(now - this.#last));
    this.#last = now;
  }

  times(): Readonly<Record<string, number>> {
    return { ...Object.fromEntries(this.#times), total: Math.round(performance.now() - this.#began) };
  }
}
