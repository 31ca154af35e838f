/** A loaded net as a subject: batches, conditions, and what its blocks put out on the way. */
import type { Engine, Values } from '../engine.ts';
import type { RunPlan } from '../plan.ts';
import type { Look, OpenSubject, Question } from './subject.ts';

/** Everything a net is fed beside sample and timestep. */
export type Condition = ReadonlyMap<string, Values>;

/** The net's output, or something inside it, is no number. */
export class NotFinite extends Error {
  override readonly name = 'NotFinite';
  readonly timestep: number;
  /** The first block that puts such numbers out. */
  readonly block: string | undefined;

  constructor(timestep: number, block: string | undefined) {
    super(`the net gives NaN or infinity at timestep ${timestep}`);
    this.timestep = timestep;
    this.block = block;
  }
}

export interface NetSubjectOptions {
  readonly latent: RunPlan['latent'];
  readonly timesteps: number;
  /** A question's condition is counted round these. */
  readonly conditions: readonly Condition[];
  /** What is fed in further channels, [channels · height · width]. */
  readonly companions: Float32Array;
  /** Latents in one run. */
  readonly batch: number;
  readonly signal?: AbortSignal;
}

/** See `Moments` of the compiler. */
export interface LayerMoments {
  readonly given: Float64Array;
  readonly weights: Float64Array;
}

/** A net on the engine; `engine.graph` may measure its blocks. */
export class NetSubject implements OpenSubject {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly timesteps: number;
  /** Latents that the net was run on so far. */
  forwards = 0;
  /** Largest magnitude that left each block so far, in the order in which they run. */
  readonly largest = new Map<string, number>();
  /** Largest magnitude of q·kᵀ in each block with attention so far. */
  readonly largestScores = new Map<string, number>();
  /** Of each layer that the graph measures so, what it was given so far and its weights: [n, n] both. */
  readonly moments = new Map<string, LayerMoments>();
  readonly #engine: Engine;
  readonly #options: NetSubjectOptions;

  constructor(engine: Engine, options: NetSubjectOptions) {
    const { channels, height, width } = options.latent;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.timesteps = options.timesteps;
    this.#engine = engine;
    this.#options = options;
  }

  /** @throws {NotFinite} at the first batch with a number that is none; the signal's reason when it is aborted. */
  async ask(questions: readonly Question[]): Promise<readonly Float32Array[]> {
    return (await this.look(questions)).map(({ output }) => output);
  }

  /** As `ask`; the features are empty where the graph does not give them. */
  async look(questions: readonly Question[]): Promise<readonly Look[]> {
    const { batch, signal } = this.#options;
    const looks: Look[] = [];
    for (let start = 0; start < questions.length; start += batch) {
      signal?.throwIfAborted();
      looks.push(...(await this.#run(questions.slice(start, start + batch))));
    }
    return looks;
  }

  async #run(questions: readonly Question[]): Promise<readonly Look[]> {
    const results = await this.#engine.run(this.#inputs(questions));
    this.forwards += questions.length;
    const { data, dims } = results.get('out_sample') as Values;
    const taps = results.get('taps')?.data;
    const finite = data.every((value: number | bigint) => Number.isFinite(value));
    const bad = this.#measure(taps as Float32Array | undefined);
    if (!finite || bad !== undefined) throw new NotFinite(questions[0]?.timestep ?? 0, bad);
    const scores = results.get('scores')?.data ?? [];
    for (const [row, name] of this.#engine.graph.scores.entries())
      this.largestScores.set(name, Math.max(this.largestScores.get(name) ?? 0, Number(scores[row])));
    this.#addMoments(results);
    // nets that learn a variance put it behind their prediction
    const each = data.length / questions.length;
    const length = this.channels * this.height * this.width;
    if (each < length) throw new RangeError(`the net gives [${dims.join(', ')}]`);
    const inside = (results.get('features')?.data ?? new Float32Array()) as Float32Array;
    const run = inside.length / questions.length;
    return questions.map((_, index) => ({
      output: (data as Float32Array).slice(index * each, index * each + length),
      features: inside.subarray(index * run, (index + 1) * run),
    }));
  }

  /** Keeps the largest activations; the first block with one that is no number, if any. */
  #measure(taps: Float32Array | undefined): string | undefined {
    if (taps === undefined) return undefined;
    const names = this.#engine.graph.taps;
    const columns = taps.length / names.length;
    let bad: string | undefined;
    for (const [row, name] of names.entries()) {
      const values = taps.subarray(row * columns, (row + 1) * columns);
      if (!values.every(Number.isFinite)) bad ??= name;
      else this.largest.set(name, Math.max(this.largest.get(name) ?? 0, values[0] as number));
    }
    return bad;
  }

  #addMoments(results: ReadonlyMap<string, Values>): void {
    for (const [index, layer] of this.#engine.graph.moments.entries()) {
      const given = results.get(`given.${index}`)?.data as Float32Array;
      // the weights are the same in every run
      const own = this.moments.get(layer) ?? {
        given: new Float64Array(given.length),
        weights: Float64Array.from(results.get(`weights.${index}`)?.data as Float32Array),
      };
      for (const [at, value] of given.entries()) own.given[at] = (own.given[at] as number) + value;
      this.moments.set(layer, own);
    }
  }

  #inputs(questions: readonly Question[]): ReadonlyMap<string, Values> {
    const { companions, conditions } = this.#options;
    const [count, area] = [questions.length, this.height * this.width];
    const all = this.channels + companions.length / area;
    const sample = new Float32Array(count * all * area);
    const timestep = new Float32Array(count);
    for (const [index, question] of questions.entries()) {
      sample.set(question.sample, index * all * area);
      sample.set(companions, index * all * area + this.channels * area);
      timestep[index] = question.timestep;
    }
    const inputs = new Map<string, Values>([
      ['sample', { data: sample, dims: [count, all, this.height, this.width] }],
      ['timestep', { data: timestep, dims: [count] }],
    ]);
    const fed = questions.map(({ condition = 0 }) => conditions[condition % conditions.length]);
    for (const name of fed[0]?.keys() ?? []) {
      inputs.set(name, stacked(fed.map((each) => each?.get(name) as Values)));
    }
    return inputs;
  }
}

/** [1, …] of each, one under the other. */
function stacked(values: readonly Values[]): Values {
  const { data, dims } = values[0] as Values;
  const all =
    data instanceof BigInt64Array
      ? new BigInt64Array(data.length * values.length)
      : new Float32Array(data.length * values.length);
  for (const [index, each] of values.entries()) all.set(each.data as never, index * data.length);
  return { data: all, dims: [values.length, ...dims.slice(1)] };
}
