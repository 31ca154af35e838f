import { classifierFreeGuidance, rescaleNoiseCfg } from '../schedule/guidance.ts';
import type { Latent } from '../schedule/latent.ts';
import type { Sampler } from '../schedule/samplers/sampler.ts';

/** The net at one noise level: its output for a sample, both as many numbers as the latent has. */
export type Predict = (sample: Latent, timestep: number, call: number) => Promise<Latent>;

/** What is told after each call of the net. */
export interface StepReport {
  /** Calls made, counting this one, of `calls`. */
  readonly call: number;
  readonly calls: number;
  readonly timestep: number;
  /** σ/α that the sample stood at. */
  readonly sigma: number;
  /** Standard deviation of the sample that comes out. */
  readonly deviation: number;
  /** Milliseconds that the net took. */
  readonly took: number;
}

export interface RunOptions {
  readonly onStep?: (report: StepReport) => void;
  /** Ends the run before its next call of the net. */
  readonly signal?: AbortSignal;
}

/** The net gave numbers that are none. */
export class NotFiniteError extends Error {
  override readonly name = 'NotFiniteError';
  /** Call of the net, counted from 0. */
  readonly call: number;
  readonly timestep: number;
  /** What the net was fed. */
  readonly sample: Latent;
  /** The first block that puts such numbers out, where it was looked for: `up_blocks.1.resnets.0`. */
  readonly block: string | undefined;

  constructor(call: number, timestep: number, sample: Latent, block?: string) {
    const where = block === undefined ? '' : `, first in ${block}`;
    super(`the net gives NaN or infinity at step ${call + 1}, timestep ${round(timestep)}${where}`);
    this.call = call;
    this.timestep = timestep;
    this.sample = sample;
    this.block = block;
  }
}

function round(timestep: number): string {
  return String(Math.round(timestep * 100) / 100);
}

/**
 * Runs a sampler from noise to a clean latent.
 * @param start standard normal noise; it is scaled to the sampler's first noise level here
 * @throws {NotFiniteError} at the first output that is not finite; the signal's reason when it is aborted.
 */
export async function runSampler(
  predict: Predict,
  sampler: Sampler,
  start: Float32Array,
  { onStep, signal }: RunOptions = {},
): Promise<Float32Array> {
  let x: Latent = start.map((value) => value * sampler.initNoiseSigma);
  const calls = sampler.timesteps.length;
  for (let call = 0; call < calls; call += 1) {
    signal?.throwIfAborted();
    const timestep = sampler.timesteps[call] as number;
    const sample = sampler.scaleModelInput(x, call);
    const began = performance.now();
    const output = await predict(sample, timestep, call);
    const took = performance.now() - began;
    if (!output.every(Number.isFinite)) throw new NotFiniteError(call, timestep, sample);
    x = sampler.step(output, call, x).next;
    const sigma = sampler.sigmas[call] as number;
    onStep?.({ call: call + 1, calls, timestep, sigma, deviation: deviationOf(x), took });
  }
  return Float32Array.from(x);
}

/** How strongly the text is followed. */
export interface Guidance {
  /** 1 is the conditional output alone. */
  readonly scale: number;
  /** Share of the guided output brought back to the conditional one's deviation; 0 changes nothing. */
  readonly rescale: number;
}

/** A net with classifier-free guidance: called with the text and without it, one after the other to save memory. */
export function guided(conditional: Predict, unconditional: Predict, { scale, rescale }: Guidance): Predict {
  return async (sample, timestep, call) => {
    const without = await unconditional(sample, timestep, call);
    const wanted = await conditional(sample, timestep, call);
    const mixed = classifierFreeGuidance(without, wanted, scale);
    return rescale === 0 ? mixed : rescaleNoiseCfg(mixed, wanted, rescale);
  };
}

function deviationOf(values: Latent): number {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value ** 2;
  }
  const mean = sum / values.length;
  return Math.sqrt(Math.max(0, squares / values.length - mean ** 2));
}
