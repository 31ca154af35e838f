/** From a prompt and a seed to a picture: one whole run of a checkpoint. */
import { normalNoise } from '../schedule/noise.ts';
import type { Latent } from '../schedule/latent.ts';
import type { Sampler } from '../schedule/samplers/sampler.ts';
import { type LatentScale, toAutoencoder } from '../setup/latent-scale.ts';
import type { Sampling } from '../setup/sampling.ts';
import { decoded } from './autoencoder.ts';
import { companionValues } from './companion-values.ts';
import { UnsupportedNetError } from './compile/index.ts';
import { conditionsOf, type TextFeatures } from './conditions.ts';
import type { Engine, Values } from './engine.ts';
import { EngineError } from './engine-error.ts';
import { checkMemory } from './memory.ts';
import { planOf, type RunPlan, type RunRequest } from './plan.ts';
import { guided, NotFiniteError, type Predict, runSampler, type RunOptions } from './run-sampler.ts';
import type { Prepared, Session } from './session.ts';
import { featuresOf } from './text.ts';

export interface DenoiseRequest extends RunRequest, RunOptions {
  /** Standard normal noise to start from, [channels · height · width]; drawn from the seed where absent. */
  readonly start?: Float32Array;
  /** Told before anything is run. */
  readonly onPlan?: (plan: RunPlan) => void;
}

/** What came of a run. */
export interface Denoised {
  readonly plan: RunPlan;
  /** float32 [1, channels, height, width], as the net has it. */
  readonly latent: Values;
  /** float32 [1, 3, height, width], about −1 to 1: decoded by the autoencoder, or the latent of a net on pixels. */
  readonly picture?: Values;
  /** Why there is no picture, in a sentence. */
  readonly undecoded?: string;
  /** Where the U-Net ran. */
  readonly device: Engine['device'];
  /** Milliseconds that each part took: reading the prompts, loading the net, all its calls, decoding. */
  readonly times: {
    readonly text: number;
    readonly load: number;
    readonly net: number;
    readonly decode: number;
  };
}

/**
 * Denoises with a checkpoint: reads the prompts with its text encoders, runs the sampler that its setup names, and
 * decodes with its autoencoder. One part is in memory at a time.
 * @throws {RequestError} for a request that the model cannot follow, {PromptError} for a prompt that cannot be asked,
 *   {NotFiniteError} when the net gives NaN, {EngineError} when the runtime fails, {UnsupportedNetError} for parts that
 *   are not computed here; the signal's reason when it is aborted.
 */
export async function denoise(session: Session, request: DenoiseRequest = {}): Promise<Denoised> {
  const plan = planOf(session, request);
  request.onPlan?.(plan);
  const { availableMemory } = session.options;
  if (availableMemory !== undefined) checkMemory(plan.memory, await availableMemory());
  const clock = new Clock();
  const { graph } = session;

  const asked = [plan.text.map(({ prompt }) => prompt), plan.text.map(({ negative }) => negative)];
  const texts = await featuresOf(session, plan.guided ? asked : asked.slice(0, 1));
  const companions = await companionValues(session, plan);
  const text = clock.lap();
  request.signal?.throwIfAborted();

  const engine = await session.unet();
  const load = clock.lap();
  const occasion = { ...plan.size.value, guidance: plan.guidance.value };
  const fed = (features: TextFeatures, negative: boolean): Fed => {
    const { inputs } = conditionsOf(graph, features, { ...occasion, negative });
    return (sample, timestep) => feedOf(plan, inputs, companions, sample, timestep);
  };
  const feeds = texts.map((features, index) => fed(features, index === 1));
  const [conditional, unconditional] = feeds.map((feed) => netAsked(engine, plan, feed)) as [
    Predict,
    Predict?,
  ];
  const { guidance, rescale } = plan;
  const predict =
    unconditional === undefined
      ? conditional
      : guided(conditional, unconditional, { scale: guidance.value, rescale });
  const noise = normalNoise(plan.seed.value);
  const start = Float32Array.from(request.start ?? noise(plan.latent.length));
  if (start.length !== plan.latent.length) {
    throw new RangeError(`${start.length} numbers to start from, ${plan.latent.length} are needed`);
  }
  const sampler = samplerFor(plan.sampling, plan.steps, noise);
  const clean = await runSampler(predict, sampler, start, request).catch(async (error: unknown) => {
    throw error instanceof NotFiniteError ? await located(session, feeds, error) : error;
  });
  const net = clock.lap();
  const { device } = engine;
  await session.done();

  const { channels, height, width } = plan.latent;
  const latent = { data: clean, dims: [1, channels, height, width] };
  const decoded = await decode(session, plan.scale, latent);
  const times = { text, load, net, decode: clock.lap() };
  return { plan, latent, ...decoded, device, times };
}

class Clock {
  #last = performance.now();

  /** Milliseconds since the last call. */
  lap(): number {
    const now = performance.now();
    const took = now - this.#last;
    this.#last = now;
    return took;
  }
}

function samplerFor(
  { sampler, settings }: Sampling,
  steps: number,
  noise: ReturnType<typeof normalNoise>,
): Sampler {
  return sampler.create(settings, { steps, noise });
}

/** All that the net is fed at one call. */
type Fed = (sample: Latent, timestep: number) => ReadonlyMap<string, Values>;

function feedOf(
  { latent }: RunPlan,
  inputs: ReadonlyMap<string, Values>,
  companions: Float32Array,
  sample: Latent,
  timestep: number,
): ReadonlyMap<string, Values> {
  const { channels, height, width } = latent;
  const area = height * width;
  const all = channels + companions.length / area;
  const data = new Float32Array(all * area);
  data.set(sample);
  data.set(companions, channels * area);
  return new Map<string, Values>([
    ...inputs,
    ['sample', { data, dims: [1, all, height, width] }],
    ['timestep', { data: Float32Array.of(timestep), dims: [1] }],
  ]);
}

/** The net with everything but the sample and the timestep held fast. */
function netAsked(engine: Engine, { latent }: RunPlan, feed: Fed): Predict {
  return async (sample, timestep) => {
    const results = await engine.run(feed(sample, timestep));
    const { data } = results.get('out_sample') as Values;
    // nets that learn a variance put it behind their prediction
    return (data as Float32Array).subarray(0, latent.length);
  };
}

/** The same error with the block in which it begins: the net is loaded once more, with every block measured. */
async function located(
  session: Session,
  feeds: readonly Fed[],
  error: NotFiniteError,
): Promise<NotFiniteError> {
  await session.close();
  const { call, timestep, sample } = error;
  const tapped = measured(session);
  if (tapped === undefined) return error;
  const names = tapped.graph.taps;
  const block = await session.borrow(tapped, 'U-Net', async (engine) => {
    for (const feed of feeds) {
      const { data } = (await engine.run(feed(sample, timestep))).get('taps') as Values;
      const taps = data as Float32Array;
      const columns = taps.length / names.length;
      const row = names.findIndex(
        (_, index) => !taps.subarray(index * columns, (index + 1) * columns).every(Number.isFinite),
      );
      if (row !== -1) return names[row];
    }
    return undefined;
  });
  return new NotFiniteError(call, timestep, sample, block);
}

/** The U-Net with its blocks measured; undefined for one that only its own graph computes. */
function measured(session: Session): Prepared | undefined {
  try {
    return session.tapped();
  } catch (error) {
    if (!(error instanceof UnsupportedNetError)) throw error;
    return undefined;
  }
}

/** The picture of a latent, or why there is none. */
async function decode(
  session: Session,
  scale: LatentScale | undefined,
  latent: Values,
): Promise<Pick<Denoised, 'picture' | 'undecoded'>> {
  const { vae } = session.parts;
  if (scale === undefined) return { picture: latent };
  if (vae === undefined) return { undecoded: 'No autoencoder lies beside the net.' };
  const channels = latent.dims[1] as number;
  try {
    const data = toAutoencoder(latent.data as Float32Array, channels, scale);
    const [picture] = await decoded(session, vae, [{ data, dims: latent.dims }]);
    return picture === undefined ? { undecoded: 'The autoencoder gave no picture.' } : { picture };
  } catch (error) {
    if (!(error instanceof UnsupportedNetError) && !(error instanceof EngineError)) throw error;
    return { undecoded: `The autoencoder cannot be run: ${error.message}.` };
  }
}
