import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { CompiledGraph, GraphInput } from './compile/index.ts';

/** Numbers with a shape, as they enter and leave a net: in C order. */
export interface Values {
  readonly data: Float32Array | BigInt64Array;
  readonly dims: readonly number[];
}

export interface EngineOptions {
  /** Threads that compute one operator; as many as the machine has cores where absent. */
  readonly threads?: number;
}

/** A compiled net, loaded and ready to run. */
export interface Engine {
  /** What it was loaded from: names and shapes of what enters and leaves. */
  readonly graph: CompiledGraph;
  /** Runs the net once. Every input of the graph must be given. @throws {EngineError} */
  run(inputs: ReadonlyMap<string, Values>): Promise<ReadonlyMap<string, Values>>;
  /** Gives its memory back; it cannot be run after that. */
  dispose(): Promise<void>;
}

/** What the runtime or the caller got wrong, in a sentence. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

/**
 * All rewriting of the graph but the last level: blocked layouts for the CPU's convolutions made a net of SD1's size
 * no faster, took four times as long to load and half as much memory again.
 */
const OPTIMISATION = 'extended';

/** The runtime would write its errors to the terminal as well as throw them. */
const FATAL_ONLY = 4;

/**
 * Loads a compiled net on the CPU with ONNX Runtime.
 * @param folder the real path that the graph's `externalFiles` are relative to: the runtime maps them, and
 *   refuses links that lead out of it
 * @throws {EngineError} when the runtime cannot load it.
 */
export async function openEngine(
  graph: CompiledGraph,
  folder: string,
  options: EngineOptions = {},
): Promise<Engine> {
  const runtime = await attempt(
    'running a net takes the package onnxruntime-node beside ungarble (npm install onnxruntime-node)',
    () => import('onnxruntime-node'),
  );
  const session = await attempt('the net could not be loaded', () =>
    runtime.InferenceSession.create(graph.model, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: OPTIMISATION,
      logSeverityLevel: FATAL_ONLY,
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
      extra: { session: { model_external_initializers_file_folder_path: folder } },
    }),
  );
  return new OnnxEngine(graph, session, runtime.Tensor);
}

type TensorClass = typeof import('onnxruntime-node').Tensor;

class OnnxEngine implements Engine {
  readonly graph: CompiledGraph;
  #session: InferenceSession | undefined;
  readonly #tensor: TensorClass;

  constructor(graph: CompiledGraph, session: InferenceSession, tensor: TensorClass) {
    this.graph = graph;
    this.#session = session;
    this.#tensor = tensor;
  }

  async run(inputs: ReadonlyMap<string, Values>): Promise<ReadonlyMap<string, Values>> {
    const session = this.#session;
    if (session === undefined) throw new EngineError('the net was disposed of and cannot be run');
    const feeds = checked(this.graph, inputs, this.#tensor);
    const results = await attempt('the net could not be run', () => session.run(feeds));
    return new Map(
      this.graph.outputs.map(({ name }) => {
        const { data, dims } = results[name] as Tensor;
        return [name, { data: data as Float32Array, dims }];
      }),
    );
  }

  async dispose(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }
}

/** Holds what is given against what the graph reads: the runtime's own words for it name no sizes. */
function checked(
  graph: CompiledGraph,
  given: ReadonlyMap<string, Values>,
  TensorOf: TensorClass,
): Record<string, Tensor> {
  const unknown = [...given.keys()].find((name) => !graph.inputs.some((input) => input.name === name));
  if (unknown !== undefined) throw new EngineError(`the net has no input ${unknown}`);
  const feeds: Record<string, Tensor> = {};
  const sizes = new Map<string, number>();
  for (const input of graph.inputs) {
    const values = given.get(input.name);
    if (values === undefined)
      throw new EngineError(`the net reads ${input.name} ${shown(input)}, which was not given`);
    const { data, dims } = values;
    const fits =
      dims.length === input.dims.length &&
      dims.reduce((product, dim) => product * dim, 1) === data.length &&
      input.dims.every(
        (dim, axis) => (typeof dim === 'number' ? dim : (sizes.get(dim) ?? dims[axis])) === dims[axis],
      );
    if (!fits) throw new EngineError(`${input.name} is ${shown(input)}, not [${dims.join(', ')}]`);
    for (const [axis, dim] of input.dims.entries())
      if (typeof dim === 'string') sizes.set(dim, dims[axis] ?? 0);
    const type = input.type === 'INT64' ? 'int64' : 'float32';
    if ((type === 'int64') !== data instanceof BigInt64Array) {
      throw new EngineError(`${input.name} holds ${type} numbers, not ${data.constructor.name}`);
    }
    feeds[input.name] = new TensorOf(type, data, dims);
  }
  for (const side of ['height', 'width']) {
    const size = sizes.get(side) ?? 0;
    if (size % graph.divisor === 0) continue;
    throw new EngineError(`the latent's ${side} ${size} is no multiple of ${graph.divisor}`);
  }
  return feeds;
}

function shown({ dims }: GraphInput): string {
  return `[${dims.join(', ')}]`;
}

/** Runs `action`; what the runtime throws becomes an EngineError. */
async function attempt<T>(what: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw new EngineError(`${what}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
