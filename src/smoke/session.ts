/** A checkpoint that is ready to be run: what is compiled, loaded and released, and when. */
import type { Workspace } from '../bytes/workspace.ts';
import type { Component } from '../components/component.ts';
import { identifyComponents } from '../components/index.ts';
import { weightScales } from '../components/tensors.ts';
import type { Checkpoint, Tensor } from '../formats/checkpoint.ts';
import { tensorPieces } from '../formats/read-tensor.ts';
import { type ScheduleBuffer, scheduleBuffer } from '../setup/schedule-buffers.ts';
import { GRAPH_DIALECT } from '../topology/graph/net.ts';
import { type ReadTensor, tensorReader } from '../values/weights.ts';
import {
  type CompiledGraph,
  compile,
  type Conventions,
  conventionsOf,
  type PartOptions,
  type WeightFile,
} from './compile/index.ts';
import { convert, convertedBytes } from './convert.ts';
import { type Engine, type EngineOptions, openEngine } from './engine.ts';
import { ownGraph } from './own-graph.ts';
import { tappedOwn } from './own-taps.ts';
import { configOf, type Parts, partOf, partsOf } from './parts.ts';
import type { FoundTokenizer } from './prompt/index.ts';
import { type Reader, readersOf } from './readers.ts';

/** What is going on, for whoever waits. */
export type Stage =
  | { readonly kind: 'converting'; readonly what: string }
  | { readonly kind: 'loading'; readonly what: string }
  | { readonly kind: 'running'; readonly what: string };

export interface SessionOptions extends EngineOptions {
  /** Tokenizers by the part that they belong to: `text_encoder`, `text_encoder_2`; '' for a single file's. */
  readonly tokenizers?: ReadonlyMap<string, FoundTokenizer>;
  /** Asked before the U-Net is loaded: bytes of memory that can be had. A net that cannot fit is refused. */
  readonly availableMemory?: () => Promise<number>;
  /** Keeps the U-Net loaded from one run to the next, also while other parts are loaded. */
  readonly keep?: boolean;
  readonly onStage?: (stage: Stage) => void;
}

/** A compiled part, and the temporary file that its converted tensors go to; '' for a graph that a file carries. */
export interface Prepared {
  readonly graph: CompiledGraph;
  readonly file: string;
}

/** A checkpoint whose parts can be run. */
export interface Session {
  readonly checkpoint: Checkpoint;
  readonly components: readonly Component[];
  readonly parts: Parts;
  /** The U-Net's graph: compiled here, or the file's own where it carries one. */
  readonly graph: CompiledGraph;
  /** The schedule that the file carries. */
  readonly buffer: ScheduleBuffer | undefined;
  /** Text encoders that the net reads. */
  readonly readers: readonly Reader[];
  /** The bytes of any tensor. */
  readonly read: ReadTensor;
  readonly options: SessionOptions;
  /**
   * Loads the U-Net, or gives the one that is loaded.
   * @throws {EngineError} when the runtime cannot load it.
   */
  unet(): Promise<Engine>;
  /** The U-Net's graph over files that lie elsewhere; `location`: of those that have to be converted. */
  compile(at: { readonly files: readonly WeightFile[]; readonly location: string }): CompiledGraph;
  /** The U-Net with its activations measured: graph output `taps`. */
  tapped(): Prepared;
  /** Compiles a part of the checkpoint; `make` is told where its weights are. */
  prepare(component: Component, make: (options: PartOptions) => CompiledGraph): Prepared;
  /** Loads a graph, gives it to `use`, and releases it. */
  borrow<T>(prepared: Prepared, what: string, use: (engine: Engine) => Promise<T>): Promise<T>;
  /** A run is over: the U-Net's memory is given back, unless it is to be kept. */
  done(): Promise<void>;
  /** Gives all memory back. What is wanted again is loaded again. */
  close(): Promise<void>;
}

/**
 * Compiles the U-Net of a checkpoint and prepares to run it. Nothing is loaded yet.
 * @param workspace its files, in the order of `checkpoint.files`; stays open, for the caller to close
 * @throws {UnsupportedNetError} when there is no U-Net, or it is damaged or not computed here.
 */
export async function createSession(
  checkpoint: Checkpoint,
  workspace: Workspace,
  options: SessionOptions = {},
): Promise<Session> {
  const components = identifyComponents(checkpoint);
  const parts = partsOf(components);
  const files = checkpoint.files.map(({ size }, index) => ({ path: workspace.paths[index] ?? '', size }));
  const scales = weightScales(checkpoint, components);
  let made = 0;
  const prepare: Session['prepare'] = (component, make) => {
    const config = configOf(checkpoint, component);
    made += 1;
    const file = `${made}.f32`;
    const converted = { location: workspace.temporary(file) };
    return { graph: make({ files, scales, converted, ...(config === undefined ? {} : { config }) }), file };
  };
  // a file's own graph is held to nothing that a config says of how to compute
  const conventions = (): Conventions => conventionsOf(parts.net, configOf(checkpoint, parts.unet));
  const compiled = (taps: boolean): Prepared =>
    prepare(parts.unet, (options) => compile(parts.net, { ...options, conventions: conventions(), taps }));
  const own = await ownGraph(checkpoint, parts.unet, parts.net, workspace);
  // what only its graph computes is measured there
  const measured = (graph: CompiledGraph): Prepared => {
    const carried = partOf(checkpoint.parts, parts.unet)?.graph;
    if (carried === undefined || parts.net.dialect !== GRAPH_DIALECT) return compiled(true);
    return { graph: tappedOwn(graph, carried, parts.net), file: '' };
  };
  const unet: Prepared = own === undefined ? compiled(false) : { graph: own, file: '' };
  const read = tensorReader((file) => workspace.source(file));
  const buffer = await scheduleBuffer(components, read);
  const readers = readersOf(parts.net, parts.encoders);
  let loaded: Engine | undefined;
  const load = async (prepared: Prepared, what: string): Promise<Engine> => {
    await writeConverted(prepared, workspace, () => options.onStage?.({ kind: 'converting', what }));
    options.onStage?.({ kind: 'loading', what });
    return openEngine(prepared.graph, workspace.folder, options);
  };
  const release = async (): Promise<void> => {
    if (loaded === undefined) return;
    await loaded.dispose();
    loaded = undefined;
    if (unet.file !== '') await workspace.remove(unet.file);
  };
  return {
    checkpoint,
    components,
    parts,
    graph: unet.graph,
    buffer,
    readers,
    read,
    options,
    prepare,
    compile: ({ files: elsewhere, location }) =>
      compile(parts.net, { files: elsewhere, scales, converted: { location }, conventions: conventions() }),
    tapped: () => (own === undefined ? compiled(true) : measured(own)),
    async unet() {
      loaded ??= await load(unet, 'U-Net');
      return loaded;
    },
    async borrow(wanted, what, use) {
      const engine = await load(wanted, what);
      try {
        options.onStage?.({ kind: 'running', what });
        return await use(engine);
      } finally {
        await engine.dispose();
        if (wanted.file !== '') await workspace.remove(wanted.file);
      }
    },
    done: async () => (options.keep === true ? undefined : release()),
    close: release,
  };
}

/** Writes the numbers of tensors that the runtime cannot read where they lie. */
async function writeConverted(
  { graph, file }: Prepared,
  workspace: Workspace,
  begin: () => void,
): Promise<void> {
  const { converted } = graph;
  if (converted.length === 0) return;
  begin();
  await workspace.write(file, convertedBytes(converted), (write) =>
    convert(converted, { pieces: piecesIn(workspace), write }),
  );
}

/** Gives the bytes of any tensor of the workspace's files, in order and piece by piece. */
export function piecesIn(workspace: Workspace): (tensor: Tensor) => AsyncIterable<Uint8Array> {
  return async function* (tensor) {
    yield* tensorPieces(await workspace.source(tensor.file), tensor);
  };
}
