/**
 * What a damage really costs, by nothing of ours: the net's error on clean samples that its training never saw, noised
 * by the schedule that is declared, its output read as the prediction type that is declared.
 */
import { alphasCumprod } from '../../src/schedule/alphas.ts';
import { normalNoise } from '../../src/schedule/noise.ts';
import { toEpsilon, vpLevel } from '../../src/schedule/prediction.ts';
import { latentScale, toAutoencoder } from '../../src/setup/latent-scale.ts';
import { samplingOf } from '../../src/setup/sampling.ts';
import { compileDecoder } from '../../src/smoke/compile/index.ts';
import type { Values } from '../../src/smoke/engine.ts';
import type { Session } from '../../src/smoke/session.ts';
import { featuresOf, textOf } from '../../src/smoke/text.ts';
import type { Validation } from './validation.ts';

/** Noise levels in the middle of equal parts of the timesteps, and samples at each. */
const [LEVELS, SAMPLES] = [12, 4];

/** The mean square error of ε, one number a sample at each level. */
export interface Errors {
  /** Timesteps that the net was fed, one a level. */
  readonly timesteps: readonly number[];
  readonly levels: readonly Float64Array[];
}

export interface ErrorOptions {
  /** The text is read by the file's own encoders out of the captions, though what the sound ones made of it is at hand. */
  readonly ownText?: boolean;
  /** Noise levels, and samples at each. */
  readonly grid?: { readonly levels: number; readonly samples: number };
}

/**
 * Runs the net over a fixed grid of noise levels, samples and noises.
 */
export async function errorsOf(
  session: Session,
  validation: Validation,
  { ownText = false, grid = { levels: LEVELS, samples: SAMPLES } }: ErrorOptions = {},
): Promise<Errors> {
  const { checkpoint, parts, buffer } = session;
  const { settings } = samplingOf(checkpoint, parts.net, buffer);
  const alphas = alphasCumprod(settings, 'float64');
  const text = ['encoder_hidden_states', 'text_embeds'].filter((name) =>
    session.graph.inputs.some((input) => input.name === name),
  );
  const given = text.every((name) => validation.conditions.has(name));
  const conditions = given && !ownText ? validation.conditions : await encoded(session, validation, text);
  const engine = await session.unet();
  const timesteps: number[] = [];
  const levels: Float64Array[] = [];
  const { samples } = grid;
  for (let level = 0; level < grid.levels; level += 1) {
    const t = Math.floor(((level + 0.5) / grid.levels) * alphas.length);
    const rows = Array.from({ length: samples }, (_, at) => (level * samples + at) % validation.count);
    const clean = gather(validation.samples, rows);
    const noise = noiseFor(level, clean.data.length);
    const { alpha, sigma } = vpLevel(alphas[t] as number);
    const x = Float32Array.from(noise, (value, at) => sigma * value + alpha * (clean.data[at] as number));
    const inputs = new Map<string, Values>([
      ['sample', { data: x, dims: clean.dims }],
      ['timestep', { data: new Float32Array(samples).fill(t), dims: [samples] }],
      ...[...conditions].map(([name, values]) => [name, gatherAny(values, rows)] as const),
    ]);
    const out = (await engine.run(inputs)).get('out_sample') as Values;
    const output = firstChannels(out, clean.dims);
    const epsilon = toEpsilon(settings.prediction_type, { alpha, sigma }, output, x);
    timesteps.push(t);
    levels.push(meanSquares(epsilon, noise, samples));
  }
  return { timesteps, levels };
}

const noises = new Map<string, Float32Array>();

function noiseFor(level: number, length: number): Float32Array {
  const key = `${level} ${length}`;
  const had = noises.get(key) ?? Float32Array.from(normalNoise(1000 + level)(length));
  noises.set(key, had);
  return had;
}

function gather({ data, dims }: Values, rows: readonly number[]): { data: Float32Array; dims: number[] } {
  const run = data.length / (dims[0] as number);
  const picked = new Float32Array(rows.length * run);
  for (const [to, from] of rows.entries())
    picked.set((data as Float32Array).subarray(from * run, (from + 1) * run), to * run);
  return { data: picked, dims: [rows.length, ...dims.slice(1)] };
}

function gatherAny(values: Values, rows: readonly number[]): Values {
  if (values.data instanceof Float32Array) return gather(values, rows);
  const { data } = values;
  return { data: BigInt64Array.from(rows, (row) => data[row] as bigint), dims: [rows.length] };
}

/** Nets that learn a variance put it behind their prediction. */
function firstChannels({ data, dims }: Values, wanted: readonly number[]): Float32Array {
  if (dims[1] === wanted[1]) return data as Float32Array;
  const [each, kept] = [dims, wanted].map((sizes) => sizes.slice(1).reduce((a, b) => a * b, 1)) as [
    number,
    number,
  ];
  const rows = dims[0] as number;
  const first = new Float32Array(rows * kept);
  for (let row = 0; row < rows; row += 1)
    first.set((data as Float32Array).subarray(row * each, row * each + kept), row * kept);
  return first;
}

function meanSquares(a: ArrayLike<number>, b: ArrayLike<number>, rows: number): Float64Array {
  const run = a.length / rows;
  const sums = new Float64Array(rows);
  for (let at = 0; at < a.length; at += 1)
    sums[Math.floor(at / run)] =
      (sums[Math.floor(at / run)] as number) + ((a[at] as number) - (b[at] as number)) ** 2;
  return sums.map((sum) => sum / run);
}

/** The conditions with the text in them made anew. */
async function encoded(
  session: Session,
  validation: Validation,
  inputs: readonly string[],
): Promise<Validation['conditions']> {
  const unique = [...new Set(validation.captions)];
  const asked = unique.map((caption) => textOf(session, caption, '').text.map(({ prompt }) => prompt));
  const features = await featuresOf(session, asked);
  const rows = validation.captions.map((caption) => features[unique.indexOf(caption)]);
  const stacked = (name: string, of: 'hidden' | 'pooled'): readonly (readonly [string, Values])[] => {
    const parts = rows.map((row) => row?.[of]);
    if (!inputs.includes(name) || parts.includes(undefined)) return [];
    const data = parts.flatMap((part) => [...((part as Values).data as Float32Array)]);
    return [
      [name, { data: Float32Array.from(data), dims: [rows.length, ...(parts[0] as Values).dims.slice(1)] }],
    ];
  };
  return new Map([
    ...validation.conditions,
    ...stacked('encoder_hidden_states', 'hidden'),
    ...stacked('text_embeds', 'pooled'),
  ]);
}

/** Pictures that are compared where the autoencoder or its scale is damaged. */
const PICTURES = 8;

/** Clean latents as pictures, by the file's own decoder and scale; undefined where there is none. */
export async function picturesOf(
  session: Session,
  validation: Validation,
): Promise<Float32Array | undefined> {
  const { vae, net } = session.parts;
  if (vae === undefined) return undefined;
  const { data, dims } = gather(
    validation.samples,
    Array.from({ length: PICTURES }, (_, at) => at),
  );
  const scale = latentScale(session.checkpoint, vae, net);
  const [channels, run] = [dims[1] as number, data.length / PICTURES];
  const latent = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += run)
    latent.set(toAutoencoder(data.subarray(at, at + run), channels, scale), at);
  const prepared = session.prepare(vae, (options) => compileDecoder(vae, options));
  const results = await session.borrow(prepared, 'autoencoder', (engine) =>
    engine.run(new Map([['latent', { data: latent, dims }]])),
  );
  return results.get('picture')?.data as Float32Array | undefined;
}
