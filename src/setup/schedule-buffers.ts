import type { Component } from '../components/component.ts';
import type { Tensor } from '../formats/checkpoint.ts';
import { decodeFloats } from '../formats/decode.ts';

/** Gives a tensor's bytes as they lie in its file. */
export type ReadTensor = (tensor: Tensor) => Promise<Uint8Array>;

/** The noise schedule that a file carries, as ᾱ over the training timesteps. */
export interface ScheduleBuffer {
  /** The tensor's name in the file. */
  readonly tensor: string;
  readonly alphas: Float64Array;
}

/** A table has a number for each training timestep: a thousand or so. */
const MOST_BYTES = 1 << 20;

/** What a buffer's numbers are, and ᾱ made of them. */
const BUFFERS: ReadonlyMap<string, (values: Float64Array) => Float64Array> = new Map([
  ['alphas_cumprod', (values: Float64Array) => values],
  ['betas', cumulate],
  // SGM's table grows with t, as LDM's timesteps do: σ² = (1 − ᾱ) / ᾱ
  ['denoiser.sigmas', fromSigmas],
  ['sigmas', fromSigmas],
]);

function cumulate(betas: Float64Array): Float64Array {
  let product = 1;
  return betas.map((beta) => {
    product *= 1 - beta;
    return product;
  });
}

function fromSigmas(sigmas: Float64Array): Float64Array {
  const growing = (sigmas[0] ?? 0) <= (sigmas.at(-1) ?? 0) ? sigmas : sigmas.toReversed();
  return growing.map((sigma) => 1 / (1 + sigma ** 2));
}

/**
 * Reads the schedule out of a file's own buffers (LDM `alphas_cumprod`, SGM `denoiser.sigmas`). Undefined where there
 * is none, or none that is a schedule: numbers that do not fall from at most 1 to at least 0.
 * @throws {ReadError} when its bytes cannot be had.
 */
export async function scheduleBuffer(
  components: readonly Component[],
  read: ReadTensor,
): Promise<ScheduleBuffer | undefined> {
  const component = components.find(({ kind, id }) => kind === 'schedule' && id === 'buffers');
  for (const [name, toAlphas] of BUFFERS) {
    const tensor = component?.tensors.find((named) => named.name === name)?.tensor;
    if (tensor === undefined || tensor.shape.length !== 1 || tensor.byteLength > MOST_BYTES) continue;
    const alphas = toAlphas(Float64Array.from(decodeFloats(await read(tensor), tensor.dtype)));
    if (isSchedule(alphas)) return { tensor: tensor.name, alphas };
  }
  return undefined;
}

function isSchedule(alphas: Float64Array): boolean {
  if (alphas.length < 2) return false;
  return alphas.every((alpha, t) => alpha >= 0 && alpha <= (t === 0 ? 1 : (alphas[t - 1] as number)));
}
