/** A graph that a file carries, with what its layers give measured: nodes are put behind its own, which stay as they are. */
import { appendToGraph } from '../formats/onnx/append.ts';
import type { Graph, GraphNode } from '../formats/graph.ts';
import { type Block, blocksOf, type Net } from '../topology/net.ts';
import type { CompiledGraph, GraphInput } from './compile/index.ts';
import { GraphBuilder, type Value } from './compile/graph.ts';

/** What stands before the names of what is put in: no exporter writes it. */
export const ADDED = 'ungarble.';

/** Numbers measured of each layer: largest magnitude and mean of magnitudes, which NaN spoils both. */
const COLUMNS = 2;

/**
 * The same graph, which also gives `taps`, and `features` where its last operator is a convolution of three by three
 * pixels: what is asked of a compiled net by its option `taps`.
 */
export function tappedOwn(compiled: CompiledGraph, graph: Graph, net: Net): CompiledGraph {
  const builder = new GraphBuilder();
  builder.enter(ADDED);
  const layers = layersOf(graph, net);
  const rows = layers.map(({ node }) => tap(builder, node.outputs[0] as Value));
  const outputs: GraphInput[] = [...compiled.outputs];
  const give = (value: Value, name: string, dims: GraphInput['dims']): void => {
    builder.output(value, ADDED + name, dims);
    outputs.push({ name, type: 'FLOAT', dims });
  };
  if (rows.length > 0)
    give(builder.node('Concat', rows, { axis: { int: 0 } }), 'taps', [rows.length, COLUMNS]);
  const last = lastConvolution(graph);
  if (last !== undefined) {
    const features = builder.cast(last.inputs[0] as Value, 'FLOAT');
    give(features, 'features', ['batch', net.head.inChannels, 'height', 'width']);
  }
  return {
    ...compiled,
    model: appendToGraph(compiled.model, builder.fields()),
    outputs,
    taps: layers.map(({ block }) => block.id),
  };
}

/** The operator of each layer, where the file names it. */
function layersOf(
  { nodes }: Graph,
  net: Net,
): readonly { readonly block: Block; readonly node: GraphNode }[] {
  const named = new Map(nodes.map((node) => [node.name, node]));
  return blocksOf(net).flatMap((block) => {
    const node = named.get(block.fileId);
    return node?.outputs[0] === undefined || node.outputs[0] === '' ? [] : [{ block, node }];
  });
}

function tap(builder: GraphBuilder, value: Value): Value {
  const sizes = builder.node('Abs', [builder.cast(value, 'FLOAT')]);
  const both = ['ReduceMax', 'ReduceMean'].map((operator) =>
    builder.node('Flatten', [builder.node(operator, [sizes], { keepdims: { int: 1 } })], {
      axis: { int: 1 },
    }),
  );
  return builder.node('Concat', both, { axis: { int: 1 } });
}

/** The convolution whose output is the graph's, where it reads each place with its eight neighbours. */
function lastConvolution({ nodes, outputs }: Graph): GraphNode | undefined {
  const node = nodes.find((each) => each.outputs[0] === outputs[0]?.name);
  if (node?.op !== 'Conv' || (node.inputs[0] ?? '') === '') return undefined;
  const all = (name: string, wanted: number): boolean => {
    const value = node.attributes.get(name);
    return Array.isArray(value) && value.length > 0 && value.every((each) => each === wanted);
  };
  const plain = (name: string): boolean => !node.attributes.has(name) || all(name, 1);
  const whole = (node.attributes.get('group') ?? 1) === 1;
  return all('kernel_shape', 3) && all('pads', 1) && plain('strides') && plain('dilations') && whole
    ? node
    : undefined;
}
