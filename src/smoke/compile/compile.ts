import { GRAPH_DIALECT } from '../../topology/graph/net.ts';
import { WIDTHS_DIALECT } from '../../topology/widths/assemble.ts';
import { type Block, blocksOf, type Net, type Stage } from '../../topology/net.ts';
import { block, head } from './blocks.ts';
import type { CompiledGraph, GraphInput } from './compiled.ts';
import { conventionsOf } from './conventions-of.ts';
import type { Conventions } from './conventions.ts';
import { type Conditions, embed } from './embeddings.ts';
import { GraphBuilder, type Value } from './graph.ts';
import { hintChannels, withHint } from './hint.ts';
import type { Declare, Scope } from './layers.ts';
import type { Moments } from './moments.ts';
import { UnsupportedNetError } from './unsupported.ts';
import { type WeightFile, type WeightOptions, Weights } from './weights.ts';

export interface CompileOptions extends WeightOptions {
  /** The checkpoint's files, which its tensors point into by index. */
  readonly files: readonly WeightFile[];
  /** What no shape tells; by default what the runtimes of the net's grammar share. */
  readonly conventions?: Conventions;
  /**
   * Also measure the activations that leave each block and the products of queries and keys in it, and give out what the last
   * convolution reads.
   */
  readonly taps?: boolean;
  /** Ids of blocks whose layers also give out how what they read varies together, beside their weights; see `Moments`. */
  readonly moments?: ReadonlySet<string>;
}

/** Numbers measured of each block: largest magnitude, mean, standard deviation. */
const TAP_COLUMNS = 3;

/**
 * Compiles a net to an ONNX graph in memory. Batch, height, width and number of text tokens are free.
 * @throws {UnsupportedNetError} when the net is not whole, or computes something that is not computed here.
 */
export function compile(net: Net, options: CompileOptions): CompiledGraph {
  checkWhole(net);
  const graph = new GraphBuilder();
  const owned = blocksOf(net).flatMap(({ tensors }) => tensors);
  const weights = new Weights(graph, owned, options.files, options);
  const inputs: GraphInput[] = [];
  const declare: Declare = (input) => {
    if (!inputs.some(({ name }) => name === input.name)) {
      inputs.push(input);
      graph.input(input.name, input.type, input.dims);
    }
    return input.name;
  };
  const channels = (weights.shape('conv_in.weight')[1] ?? 0) - hintChannels(weights);
  const latent = ['batch', channels, 'height', 'width'];
  const sample = declare({ name: 'sample', type: 'FLOAT', dims: latent });
  const batch = graph.node('Shape', [sample], { start: { int: 0 }, end: { int: 1 } });
  const conventions = options.conventions ?? conventionsOf(net);
  const scope: Scope = { graph, weights, conventions, batch };
  const conditions = embed(scope, net, declare);
  const [tapped, scored] = [new Map<string, Value>(), new Map<string, Value>()];
  const moments = new Map<string, Moments>();

  const kept = new Map<string, Value>();
  const middle = new Set(net.middle?.blocks);
  const producers = new Map(net.skips.map(({ consumer, producer }) => [consumer, producer]));
  let x = withHint(scope, conventions.centerInput ? centred(graph, sample) : sample, declare);
  for (const each of pathOf(net)) {
    const producer = producers.get(each.id);
    if (producer !== undefined) {
      graph.enter(each.id);
      // what comes from below stands first, the skip behind it
      x = graph.node('Concat', [x, kept.get(producer) as Value], { axis: { int: 1 } });
    }
    const scores: Value[] = [];
    const measured: Scope = {
      ...scope,
      ...(options.taps === true ? { scores } : {}),
      ...(options.moments?.has(each.id) === true ? { moments } : {}),
    };
    x = block(measured, each, middle.has(each), x, conditions);
    kept.set(each.id, x);
    if (options.taps === true) tapped.set(each.id, tap(graph, x));
    if (scores.length > 0)
      scored.set(each.id, scores.length === 1 ? (scores[0] as Value) : graph.node('Max', scores));
  }
  const last = head(scope, x);
  const out = divided(graph, last.out, conditions);
  const dims = ['batch', weights.shape('conv_out.weight')[0] ?? 0, 'height', 'width'];
  const outputs: GraphInput[] = [{ name: 'out_sample', type: 'FLOAT', dims }];
  graph.output(out, 'out_sample', dims);
  if (options.taps === true) {
    tapped.set(net.head.id, tap(graph, out));
    outputs.push({ name: 'taps', type: 'FLOAT', dims: [tapped.size, TAP_COLUMNS] });
    const features = ['batch', weights.shape('conv_out.weight')[1] ?? 0, 'height', 'width'];
    outputs.push({ name: 'features', type: 'FLOAT', dims: features });
    graph.output(last.features, 'features', features);
    const all = graph.node('Concat', [...tapped.values()], { axis: { int: 0 } });
    graph.output(all, 'taps', [tapped.size, TAP_COLUMNS]);
    if (scored.size > 0) {
      outputs.push({ name: 'scores', type: 'FLOAT', dims: [scored.size, 1] });
      const scores = graph.node('Concat', [...scored.values()], { axis: { int: 0 } });
      graph.output(scores, 'scores', [scored.size, 1]);
    }
  }
  for (const [index, { given, weights: own, size }] of [...moments.values()].entries()) {
    for (const [name, value] of [
      [`given.${index}`, given],
      [`weights.${index}`, own],
    ] as const) {
      outputs.push({ name, type: 'FLOAT', dims: [size, size] });
      graph.output(value, name, [size, size]);
    }
  }
  return {
    model: graph.finish(net.family.id),
    inputs,
    outputs,
    divisor: Math.max(...net.encoder.map(({ divisor }) => divisor)),
    taps: [...tapped.keys()],
    scores: [...scored.keys()],
    moments: [...moments.keys()],
    externalFiles: weights.locations,
    converted: weights.converted,
  };
}

/** 2x − 1. */
function centred(graph: GraphBuilder, x: Value): Value {
  return graph.node('Sub', [graph.node('Mul', [x, graph.floats([2])]), graph.floats([1])]);
}

/** The output of each picture divided by its timestep, in nets that do that. */
function divided(graph: GraphBuilder, x: Value, { divisor }: Conditions): Value {
  if (divisor === undefined) return x;
  return graph.node('Div', [x, graph.node('Unsqueeze', [divisor, graph.ints([1, 2, 3])])]);
}

/** The blocks that the latent passes through, in that order, without the head. */
function pathOf(net: Net): readonly Block[] {
  const inside = (stages: readonly Stage[]): readonly Block[] => stages.flatMap(({ blocks }) => blocks);
  return [net.stem, ...inside(net.encoder), ...(net.middle?.blocks ?? []), ...inside(net.decoder)];
}

/** A net with something missing could still be written down, and would fail or garble when it runs. */
function checkWhole(net: Net): void {
  if (net.dialect === GRAPH_DIALECT) {
    throw new UnsupportedNetError('its net is read off its graph, which alone says what is computed');
  }
  if (net.dialect === WIDTHS_DIALECT) {
    throw new UnsupportedNetError(
      'its net is read off the widths of its layers, which do not say what is computed between them; export it to ONNX to run it',
    );
  }
  if (net.spatialDims !== 2) throw new UnsupportedNetError('nets that mix over frames are not run');
  const broken = net.skips.find(({ holds }) => !holds);
  if (broken !== undefined) {
    const { producer, consumer, below, channels, expects } = broken;
    throw new UnsupportedNetError(
      `the skip from ${producer} to ${consumer} does not fit: ${below} + ${channels} channels, not ${expects}`,
    );
  }
  const empty = blocksOf(net).find(({ tensors }) => tensors.length === 0);
  if (empty !== undefined) throw new UnsupportedNetError(`${empty.id} is missing`);
}

/** float32 [1, 3]: largest magnitude, mean and standard deviation over the whole batch. */
function tap(graph: GraphBuilder, x: Value): Value {
  const keep = { keepdims: { int: 0 } };
  const mean = graph.node('ReduceMean', [x], keep);
  const off = graph.node('Sub', [x, mean]);
  const spread = graph.node('Sqrt', [graph.node('ReduceMean', [graph.node('Mul', [off, off])], keep)]);
  const largest = graph.node('ReduceMax', [graph.node('Abs', [x])], keep);
  const row = [largest, mean, spread].map((value) => graph.node('Reshape', [value, graph.ints([1, 1])]));
  return graph.node('Concat', row, { axis: { int: 1 } });
}
