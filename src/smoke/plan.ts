/** What a run will do, before anything is run: every choice with who made it. */
import { familyOf } from '../topology/families/index.ts';
import type { Fact } from '../topology/net.ts';
import { pixelFactor } from '../topology/resolution.ts';
import { type LatentScale, latentScale } from '../setup/latent-scale.ts';
import { type PictureSize, trainedSize } from '../setup/picture-size.ts';
import { type Sampling, samplingOf, type SamplingWish } from '../setup/sampling.ts';
import { type Companion, companionsOf, companionWords } from './companions.ts';
import { conditionsOf } from './conditions.ts';
import { estimateMemory, type MemoryEstimate } from './memory.ts';
import { onlyLatent } from './own-sizes.ts';
import type { Session } from './session.ts';
import { type AskedText, textOf } from './text.ts';

/** What a caller may choose. */
export interface RunRequest extends SamplingWish {
  readonly prompt?: string;
  /** What guidance pushes away from; the empty prompt where absent. */
  readonly negative?: string;
  readonly steps?: number;
  /** 1 runs the net once a step, without guidance. */
  readonly guidance?: number;
  /** Share of the guided output brought back to the conditional one's deviation, 0 to 1. */
  readonly rescale?: number;
  /** A whole number from 0. */
  readonly seed?: number;
  /** Pixels of the picture. */
  readonly size?: PictureSize;
  /** What the autoencoder's latent is multiplied by, where the model does not say or says wrong. */
  readonly vaeScale?: number;
}

/** What a run will do. */
export interface RunPlan {
  readonly sampling: Sampling;
  readonly steps: number;
  readonly guidance: Fact<number>;
  /** Whether each step runs the net twice. */
  readonly guided: boolean;
  readonly rescale: number;
  readonly seed: Fact<number>;
  readonly size: Fact<PictureSize>;
  readonly latent: {
    readonly channels: number;
    readonly height: number;
    readonly width: number;
    /** channels · height · width */
    readonly length: number;
  };
  /** What each text encoder is given. */
  readonly text: readonly AskedText[];
  /** Scale of the latent; absent for a net on pixels. */
  readonly scale?: LatentScale;
  readonly companions: readonly Companion[];
  /** Memory that the net will take, in bytes. */
  readonly memory: MemoryEstimate;
  /** What could not be followed or had to be stood in for, in sentences. */
  readonly notes: readonly string[];
}

/** The request asks for what this model cannot do. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

const USUAL_STEPS = 20;
const MOST_STEPS = 1000;
const USUAL_GUIDANCE = 7.5;

/**
 * Decides what a run will do.
 * @throws {RequestError} for sizes and numbers that cannot be, {SamplingError} and {PromptError} as their makers do.
 */
export function planOf(session: Session, request: RunRequest): RunPlan {
  const { checkpoint, components, parts, graph } = session;
  const { net } = parts;
  const sampling = samplingOf(checkpoint, net, session.buffer, request);
  const { factor } = pixelFactor(components, net);
  const size = sizeOf(session, request.size, factor);
  const latent = latentOf(session, size.value, factor);
  const companions = companionsOf(net, latent.channels);
  const { text, notes: textNotes } = textOf(session, request.prompt, request.negative ?? '');
  const guidance = guidanceOf(session, request, text.length > 0);
  // a distilled net is told its guidance and runs once
  const told = graph.inputs.some(({ name }) => name === 'timestep_cond');
  const plan = {
    sampling,
    steps: stepsOf(request.steps ?? USUAL_STEPS, sampling),
    guidance,
    // two runs that are fed the same are one
    guided:
      guidance.value !== 1 && !told && text.some(({ prompt, negative }) => prompt.text !== negative.text),
    rescale: between(request.rescale ?? 0, 0, 1, 'rescale'),
    seed: seedOf(request.seed),
    size,
    latent,
    text,
    companions,
    memory: estimateMemory(net, { width: latent.width, height: latent.height }),
  };
  const scale = factor === 1 && parts.vae === undefined ? undefined : scaleOf(session, request);
  const notes = [
    ...sampling.departures,
    ...textNotes,
    ...companions.map(companionNote),
    ...standIns(session),
  ];
  return { ...plan, ...(scale === undefined ? {} : { scale }), notes };
}

/** What is asked for, what the graph takes where it takes nothing else, or what the net was trained at. */
function sizeOf(
  { checkpoint, components, parts, graph }: Session,
  asked: PictureSize | undefined,
  factor: number,
): Fact<PictureSize> {
  const only = onlyLatent(graph);
  if (only === undefined) {
    return asked === undefined
      ? trainedSize(checkpoint, components, parts.unet, parts.net)
      : { value: asked, known: 'declared', from: 'asked for' };
  }
  const value = { width: only.width * factor, height: only.height * factor };
  if (asked !== undefined && (asked.width !== value.width || asked.height !== value.height)) {
    throw new RequestError(
      `a picture of ${asked.width}x${asked.height} pixels does not suit this graph, which was exported for ` +
        `${value.width}x${value.height} and nothing else`,
    );
  }
  return { value, known: 'measured', from: 'the input of its graph' };
}

function seedOf(seed: number | undefined): Fact<number> {
  if (seed === undefined) return { value: 0, known: 'convention', from: 'the default' };
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RequestError(`seed ${seed}: a whole number from 0 is needed`);
  }
  return { value: seed, known: 'declared', from: 'asked for' };
}

function stepsOf(steps: number, { sampler, settings }: Sampling): number {
  const most = Math.min(MOST_STEPS, settings.num_train_timesteps);
  if (!Number.isInteger(steps) || steps < 1 || steps > most) {
    throw new RequestError(`${steps} steps: a whole number from 1 to ${most} is needed`);
  }
  try {
    sampler.create(settings, { steps, noise: (length) => new Float32Array(length) });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RequestError(
      `${steps} steps do not suit this schedule with the sampler ${sampler.id}: ${error.message}`,
    );
  }
  return steps;
}

function between(value: number, least: number, most: number, what: string): number {
  if (value >= least && value <= most) return value;
  throw new RequestError(`${what} ${value}: a number from ${least} to ${most} is needed`);
}

/** Channels that are noise: the autoencoder's, else as many as the net both reads and writes. */
function latentOf(
  { parts, graph }: Session,
  { width, height }: PictureSize,
  factor: number,
): RunPlan['latent'] {
  const { net, vae } = parts;
  const [inward, outward] = [net.inChannels?.value ?? 4, net.outChannels?.value ?? 4];
  const said = vae?.facts.get('latent_channels')?.value;
  const channels = typeof said === 'number' && said <= inward ? said : Math.min(inward, outward);
  const [rows, columns] = [Math.floor(height / factor), Math.floor(width / factor)];
  if (rows < 1 || columns < 1 || rows % graph.divisor !== 0 || columns % graph.divisor !== 0) {
    const step = graph.divisor * factor;
    const near = (side: number): number => Math.max(1, Math.round(side / step)) * step;
    throw new RequestError(
      `a picture of ${width}x${height} pixels does not suit this net, whose sides come in steps of ${step}; ` +
        `near to it is ${near(width)}x${near(height)}`,
    );
  }
  return { channels, height: rows, width: columns, length: channels * rows * columns };
}

function guidanceOf({ parts }: Session, { guidance }: RunRequest, reads: boolean): Fact<number> {
  if (guidance !== undefined) {
    return { value: between(guidance, 0, 100, 'guidance'), known: 'declared', from: 'asked for' };
  }
  if (!reads) return { value: 1, known: 'convention', from: 'there is no text to follow' };
  const title = familyOf(parts.net)?.title ?? 'nets that read a text';
  return { value: USUAL_GUIDANCE, known: 'convention', from: `${title}: what programs set` };
}

function scaleOf({ checkpoint, parts }: Session, { vaeScale }: RunRequest): LatentScale {
  const found = latentScale(checkpoint, parts.vae, parts.net);
  if (vaeScale === undefined) return found;
  if (!(vaeScale > 0 && vaeScale < 1e6))
    throw new RequestError(`VAE scale ${vaeScale}: a number above 0 is needed`);
  return { ...found, factor: { value: vaeScale, known: 'declared', from: 'asked for' } };
}

function companionNote(companion: Companion): string {
  return `Beside the latent the net is fed ${companionWords(companion)}.`;
}

/** Inputs that nothing in the model makes: what they are fed is the same for every prompt. */
function standIns({ graph, readers }: Session): readonly string[] {
  const text = new Set(readers.length === 0 ? [] : ['encoder_hidden_states']);
  const pooled = readers.some(({ reading }) => reading.value.pooled) ? ['text_embeds'] : [];
  const occasion = { width: 8, height: 8, guidance: 1, negative: false };
  return conditionsOf(graph, {}, occasion).standIns.flatMap((words) => {
    const name = words.split(' ')[0] ?? '';
    return text.has(name) || pooled.includes(name)
      ? []
      : [`Nothing in the model makes ${words} in its place.`];
  });
}
