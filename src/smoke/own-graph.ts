/** A U-Net whose file carries its own graph: it is run as it is, once the reader has found nothing wrong with it. */
import type { Workspace } from '../bytes/workspace.ts';
import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import type { Dtype } from '../formats/dtype.ts';
import type { Graph, GraphDim, GraphValue } from '../formats/graph.ts';
import { relocate } from '../formats/onnx/relocate.ts';
import type { Net } from '../topology/net.ts';
import { type CompiledGraph, type GraphInput, type OwnPort, UnsupportedNetError } from './compile/index.ts';
import { partOf } from './parts.ts';

/** A message of protobuf has at most as many bytes; what is larger has its weights beside it. */
const LARGEST_MODEL = 2 ** 31 - 1;

/** What a denoising net may read, in diffusers' words, which its exporters keep. Others would be fed nothing. */
const PORTS: ReadonlySet<string> = new Set([
  'sample',
  'timestep',
  'encoder_hidden_states',
  'text_embeds',
  'time_ids',
  'timestep_cond',
  'class_labels',
]);

const FED: ReadonlySet<Dtype | undefined> = new Set<Dtype | undefined>(['F32', 'F16', 'F64', 'I64', 'I32']);

/**
 * The graph of a U-Net as its file has it; undefined where the file carries none.
 * @throws {UnsupportedNetError} when it is not sound, needs operators that are loaded as code, or is not a net that
 *   denoises.
 */
export async function ownGraph(
  checkpoint: Checkpoint,
  unet: Component,
  net: Net,
  workspace: Workspace,
): Promise<CompiledGraph | undefined> {
  const part = partOf(checkpoint.parts, unet);
  const graph = part?.graph;
  const file = part?.files[0];
  if (graph === undefined || file === undefined) return undefined;
  checkSound(checkpoint, graph);
  const inputs = graph.inputs.map((value) => portOf(value, net));
  for (const wanted of ['sample', 'timestep']) {
    if (inputs.some(({ input }) => input.name === wanted)) continue;
    const names = graph.inputs.map(({ name }) => name).join(', ');
    throw new UnsupportedNetError(`its graph reads ${names} and no ${wanted}: it is no net that denoises`);
  }
  const [output] = graph.outputs;
  if (output === undefined || !FED.has(output.dtype)) {
    throw new UnsupportedNetError('its graph gives no numbers that are read here');
  }
  const out: GraphInput = {
    name: 'out_sample',
    type: 'FLOAT',
    dims: named(output.dims, ['batch', 'channels', 'height', 'width']),
  };
  return {
    model: await modelOf(checkpoint, file, graph, workspace),
    inputs: inputs.map(({ input }) => input),
    outputs: [out],
    divisor: Math.max(...net.encoder.map(({ divisor }) => divisor)),
    taps: [],
    scores: [],
    moments: [],
    externalFiles: [...graph.dataFiles.values()].map((index) => workspace.paths[index] ?? ''),
    converted: [],
    own: {
      inputs: new Map(inputs.map(({ input, port }) => [input.name, port])),
      output: { name: output.name, dtype: output.dtype ?? 'F32', scalar: false },
    },
  };
}

function checkSound({ faults }: Checkpoint, { foreignDomains, inputs }: Graph): void {
  const broken = faults.find((fault) => 'onnx' in fault && fault.onnx === 'broken');
  if (broken !== undefined) {
    throw new UnsupportedNetError(`its graph is damaged (${broken.kind}); ungarble validate says where`);
  }
  const [domain] = foreignDomains;
  if (domain !== undefined) {
    throw new UnsupportedNetError(
      `it needs operators of ${JSON.stringify(domain)}, which are loaded as code`,
    );
  }
  const strange = inputs.find(({ name }) => !PORTS.has(name));
  if (strange !== undefined && inputs.some(({ name }) => name === 'sample')) {
    throw new UnsupportedNetError(
      `its graph reads ${JSON.stringify(strange.name)}, which nothing here makes`,
    );
  }
}

/** Names for the sizes of each input, where the file has others or none. */
const DIMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['sample', ['batch', 'channels', 'height', 'width']],
  ['encoder_hidden_states', ['batch', 'tokens', 'width_of_text']],
  ['timestep', ['batch']],
]);

function portOf(
  { name, dtype, dims }: GraphValue,
  net: Net,
): { readonly input: GraphInput; readonly port: OwnPort } {
  if (PORTS.has(name) && !FED.has(dtype)) {
    throw new UnsupportedNetError(`its graph reads ${name} as numbers that are not made here`);
  }
  const [batch] = dims ?? [];
  if (typeof batch === 'number' && batch !== 1) {
    throw new UnsupportedNetError(`its graph is made for a batch of ${batch}, and is fed one at a time here`);
  }
  const scalar = dims?.length === 0;
  const known = named(scalar ? [''] : dims, DIMS.get(name) ?? ['batch', 'numbers']);
  const width = name === 'encoder_hidden_states' ? net.conditioning.crossAttentionDim?.value : undefined;
  const sized = width === undefined ? known : [...known.slice(0, -1), width];
  // what is made for a net are single-precision numbers; the engine brings them to the graph's own kind
  const input: GraphInput = { name, type: name === 'class_labels' ? 'INT64' : 'FLOAT', dims: sized };
  return { input, port: { name, dtype: dtype ?? 'F32', scalar } };
}

/** Sizes that are free get the names that the engine holds against each other. */
function named(dims: readonly GraphDim[] | undefined, names: readonly string[]): readonly GraphDim[] {
  if (dims === undefined) return names;
  return dims.map((dim, axis) => (typeof dim === 'number' ? dim : (names[axis] ?? `axis ${axis}`)));
}

/** The bytes of the model, in which the files beside it are named by where they really lie. */
async function modelOf(
  checkpoint: Checkpoint,
  file: number,
  { dataFiles }: Graph,
  workspace: Workspace,
): Promise<Uint8Array> {
  const source = await workspace.source(file);
  if (source.size > LARGEST_MODEL) {
    throw new UnsupportedNetError(
      `${checkpoint.files[file]?.path ?? 'the model'} is larger than a model can be`,
    );
  }
  const bytes = await source.read(0, source.size);
  if (dataFiles.size === 0) return bytes;
  return relocate(
    bytes,
    new Map([...dataFiles].map(([name, index]) => [name, workspace.paths[index] ?? ''])),
  );
}
