import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { CompiledGraph, GraphInput } from './compile/index.ts';
import { GraphBuilder } from './compile/graph.ts';
import {
  type Adapter,
  type AdapterProbe,
  type Device,
  DEVICE_HINTS,
  DEVICE_NAMES,
  type DeviceChoice,
  GPUS,
  ONE_EPSILON,
  PLAIN_ATTENTION,
  type Provider,
  staysOnCpu,
} from './device.ts';
import { EngineError, explained } from './engine-error.ts';
import { ADDED } from './own-taps.ts';
import { fromOwn, toOwn } from './own-values.ts';

export { EngineError, type EngineFault } from './engine-error.ts';

/** Numbers with a shape, as they enter and leave a net: in C order. */
export interface Values {
  readonly data: Float32Array | BigInt64Array;
  readonly dims: readonly number[];
}

export interface EngineOptions {
  /** Threads that compute one operator on the CPU; as many as the machine has cores where absent. */
  readonly threads?: number;
  /** Where to run. The CPU by default, which gives the same numbers on every machine. */
  readonly device?: DeviceChoice;
  /**
   * Tells which GPU WebGPU has found. `auto` leaves WebGPU aside without it: a program that plays a GPU must not be taken
   * for one.
   */
  readonly adapter?: AdapterProbe;
}

/** A compiled net, loaded and ready to run. */
export interface Engine {
  /** What it was loaded from: names and shapes of what enters and leaves. */
  readonly graph: CompiledGraph;
  /** Where it runs. */
  readonly device: Device;
  /** Runs the net once. Every input of the graph must be given. @throws {EngineError} */
  run(inputs: ReadonlyMap<string, Values>): Promise<ReadonlyMap<string, Values>>;
  /** Gives its memory back; it cannot be run after that. */
  dispose(): Promise<void>;
}

/**
 * All rewriting of the graph but the last level: blocked layouts for the CPU's convolutions made a net of SD1's size
 * no faster, took four times as long to load and half as much memory again.
 */
const OPTIMISATION = 'extended';

/** The runtime would write its errors to the terminal as well as throw them. */
const FATAL_ONLY = 4;

type Runtime = typeof import('onnxruntime-node');

/**
 * Loads a compiled net with ONNX Runtime. A device that is asked for by name is had or refused; only `auto` goes on to
 * the next.
 * @param folder the real path that the graph's `externalFiles` are relative to: the runtime maps them, and
 *   refuses links that lead out of it
 * @throws {EngineError} when the runtime cannot load it, or the device cannot be had.
 */
export async function openEngine(
  graph: CompiledGraph,
  folder: string,
  options: EngineOptions = {},
): Promise<Engine> {
  const runtime = await loadRuntime();
  const choice = options.device ?? 'cpu';
  if (choice !== 'auto') return openOn(runtime, choice, graph, folder, options);
  const refusals: string[] = [];
  for (const provider of GPUS) {
    if (!offers(runtime, provider)) continue;
    try {
      return await openOn(runtime, provider, graph, folder, options, refusals);
    } catch (error) {
      // what is wrong with the files is wrong on every device
      if (!(error instanceof EngineError) || error.code === 'files') throw error;
      refusals.push(error.message);
    }
  }
  if (refusals.length === 0) refusals.push('this build of onnxruntime-node has no GPU provider');
  return openOn(runtime, 'cpu', graph, folder, options, refusals);
}

/**
 * ONNX Runtime's packages (1.30) for Linux and macOS report their use to their makers, and keep an identifier of
 * the machine on its disk. A tool that opens other people's models tells nobody: this has to stand in the environment
 * before the library is loaded. Who has set it otherwise has chosen.
 * Source: onnxruntime docs/Privacy.md; pull request 27379.
 */
function keepQuiet(): void {
  process.env['ORT_DISABLE_TELEMETRY'] ??= '1';
}

async function loadRuntime(): Promise<Runtime> {
  keepQuiet();
  try {
    const runtime = await import('onnxruntime-node');
    runtime.env.logLevel = 'fatal';
    return runtime;
  } catch (error) {
    throw new EngineError(
      'device',
      `onnxruntime-node, which runs a net, cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      { hint: 'install it beside ungarble: npm install onnxruntime-node', cause: error },
    );
  }
}

function offers(runtime: Runtime, provider: Provider): boolean {
  return runtime.listSupportedBackends().some(({ name }) => name === provider);
}

/** @param refusals of the devices tried before; where nobody chose by name, a GPU must be known to be one */
async function openOn(
  runtime: Runtime,
  provider: Provider,
  graph: CompiledGraph,
  folder: string,
  options: EngineOptions,
  refusals?: readonly string[],
): Promise<Engine> {
  if (!offers(runtime, provider)) {
    throw unavailable(provider, 'this build of onnxruntime-node does not have it');
  }
  const { name, software } = provider === 'cpu' ? {} : await probe(runtime, provider, options.adapter);
  if (refusals !== undefined && provider === 'webgpu' && software !== false) {
    throw unavailable(
      provider,
      software === undefined
        ? 'nothing tells whether it is a real GPU'
        : `${name ?? 'what is there'} is a program on the CPU, not a GPU`,
    );
  }
  const device: Device = {
    provider,
    ...(name === undefined ? {} : { adapter: name }),
    ...(software === undefined ? {} : { software }),
    ...(refusals === undefined || refusals.length === 0 ? {} : { fallback: refusals.join('; ') }),
  };
  const { threads } = options;
  const [plainAttention, oneEpsilon] = [PLAIN_ATTENTION.has(provider), ONE_EPSILON.has(provider)];
  const adapts = plainAttention || oneEpsilon;
  const model = adapts ? GraphBuilder.adapted(graph.model, { plainAttention, oneEpsilon }) : graph.model;
  const onCpu = provider === 'webgpu' ? GraphBuilder.nodesWith(model, staysOnCpu) : [];
  try {
    const session = await runtime.InferenceSession.create(model, {
      executionProviders: [
        // the runtime refuses an empty list
        onCpu.length === 0 ? provider : { name: 'webgpu', forceCpuNodeNames: onCpu },
      ],
      graphOptimizationLevel: OPTIMISATION,
      logSeverityLevel: FATAL_ONLY,
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
      extra: { session: { model_external_initializers_file_folder_path: folder } },
    });
    return new OnnxEngine(graph, device, session, runtime.Tensor);
  } catch (error) {
    const on = provider === 'cpu' ? '' : ` on ${DEVICE_NAMES[provider]}`;
    throw explained(`the net could not be loaded${on}`, error);
  }
}

/** Opens the device with a net of one addition, so that what is wrong with it is told apart from what is wrong with a net. */
async function probe(runtime: Runtime, provider: Provider, ask: AdapterProbe | undefined): Promise<Adapter> {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'FLOAT', [1]);
  graph.output(graph.node('Add', [x, x]), 'y', [1]);
  let session: InferenceSession;
  try {
    session = await runtime.InferenceSession.create(graph.finish('probe'), {
      executionProviders: [provider],
      logSeverityLevel: FATAL_ONLY,
    });
  } catch (error) {
    throw unavailable(provider, refusal(error), error);
  }
  try {
    return provider === 'webgpu' && ask !== undefined ? await ask() : {};
  } finally {
    await session.release();
  }
}

/** What the runtime says of a device that it cannot open. */
function refusal(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  // Dawn's words where there is no Vulkan loader as well as where no driver offers anything
  if (said.includes('No supported adapters')) return 'there is no GPU, or no driver for it';
  if (said.includes('Failed to load shared library')) return 'its libraries are not installed';
  return explained('', error).message.replace(/^: /, '');
}

function unavailable(provider: Provider, why: string, cause?: unknown): EngineError {
  return new EngineError('device', `${DEVICE_NAMES[provider]} cannot be used: ${why}`, {
    hint: DEVICE_HINTS[provider],
    cause,
  });
}

type TensorClass = Runtime['Tensor'];

class OnnxEngine implements Engine {
  readonly graph: CompiledGraph;
  readonly device: Device;
  #session: InferenceSession | undefined;
  readonly #tensor: TensorClass;

  constructor(graph: CompiledGraph, device: Device, session: InferenceSession, tensor: TensorClass) {
    this.graph = graph;
    this.device = device;
    this.#session = session;
    this.#tensor = tensor;
  }

  async run(inputs: ReadonlyMap<string, Values>): Promise<ReadonlyMap<string, Values>> {
    const session = this.#session;
    if (session === undefined) throw new EngineError('input', 'the net was disposed of and cannot be run');
    const feeds = checked(this.graph, inputs, this.#tensor);
    const { own } = this.graph;
    try {
      const results = await session.run(feeds);
      if (own !== undefined) {
        const { data, dims } = results[own.output.name] as Tensor;
        const added = this.graph.outputs.slice(1).map(({ name }): [string, Values] => {
          const given = results[ADDED + name] as Tensor;
          return [name, { data: given.data as Float32Array, dims: given.dims }];
        });
        const output = fromOwn(data as ArrayBufferView, own.output.dtype);
        return new Map<string, Values>([['out_sample', { data: output, dims }], ...added]);
      }
      return new Map(
        this.graph.outputs.map(({ name }) => {
          const { data, dims } = results[name] as Tensor;
          return [name, { data: data as Float32Array, dims }];
        }),
      );
    } catch (error) {
      throw explained('the net could not be run', error);
    }
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
  if (unknown !== undefined) throw new EngineError('input', `the net has no input ${unknown}`);
  const feeds: Record<string, Tensor> = {};
  const sizes = new Map<string, number>();
  for (const input of graph.inputs) {
    const values = given.get(input.name);
    if (values === undefined)
      throw new EngineError('input', `the net reads ${input.name} ${shown(input)}, which was not given`);
    const { data, dims } = values;
    const fits =
      dims.length === input.dims.length &&
      dims.reduce((product, dim) => product * dim, 1) === data.length &&
      input.dims.every(
        (dim, axis) => (typeof dim === 'number' ? dim : (sizes.get(dim) ?? dims[axis])) === dims[axis],
      );
    if (!fits) throw new EngineError('input', `${input.name} is ${shown(input)}, not [${dims.join(', ')}]`);
    for (const [axis, dim] of input.dims.entries())
      if (typeof dim === 'string') sizes.set(dim, dims[axis] ?? 0);
    const type = input.type === 'INT64' ? 'int64' : 'float32';
    if ((type === 'int64') !== data instanceof BigInt64Array) {
      throw new EngineError('input', `${input.name} holds ${type} numbers, not ${data.constructor.name}`);
    }
    const port = graph.own?.inputs.get(input.name);
    if (port === undefined) feeds[input.name] = new TensorOf(type, data, dims);
    else {
      const own = toOwn(values, port);
      feeds[port.name] = new TensorOf(own.type as 'float32', own.data as Float32Array, own.dims);
    }
  }
  for (const side of ['height', 'width']) {
    const size = sizes.get(side) ?? 0;
    if (size % graph.divisor === 0) continue;
    throw new EngineError('input', `the latent's ${side} ${size} is no multiple of ${graph.divisor}`);
  }
  return feeds;
}

function shown({ dims }: GraphInput): string {
  return `[${dims.join(', ')}]`;
}
