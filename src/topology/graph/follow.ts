/**
 * Follows the picture through a graph of operators: at what part of its size each value stands, and how many channels
 * it has. Only what strides, pools, scales and weights say is taken; what an operator of another kind makes is unknown.
 */
import type { Tensor } from '../../formats/checkpoint.ts';
import type { Graph, GraphNode, GraphValue } from '../../formats/graph.ts';

/** What is known of a value. */
interface Standing {
  /** Spatial divisor: 1 at the size of the graph's input, 8 where it is an eighth. */
  readonly divisor: number;
  readonly channels?: number;
}

export interface Followed {
  /** The graph's nodes in an order in which they can be computed. */
  readonly order: readonly GraphNode[];
  /** The picture or latent that enters. */
  readonly input: GraphValue;
  readonly standings: ReadonlyMap<string, Standing>;
  /** The node that makes a value, as a place in `order`. */
  readonly makers: ReadonlyMap<string, number>;
}

/** Axes of a batch of pictures: batch, channels, height, width. */
const RANK = 4;

const POOLS: ReadonlySet<string> = new Set(['MaxPool', 'AveragePool', 'LpPool']);
export const CONVOLUTIONS: ReadonlySet<string> = new Set(['Conv', 'ConvInteger', 'QLinearConv']);

/** What they make has no picture's shape any more, or none that is known. */
const LOSES: ReadonlySet<string> = new Set([
  'Shape',
  'Size',
  'Flatten',
  'Reshape',
  'Transpose',
  'Gemm',
  'MatMul',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'ReduceMean',
  'ReduceSum',
  'ReduceMax',
  'Expand',
  'Gather',
  'ArgMax',
  'NonZero',
  'TopK',
]);

/** Follows a graph; in words why that cannot be done. */
export function follow(graph: Graph, tensors: ReadonlyMap<string, Tensor>): Followed | string {
  const input = graph.inputs.find(({ dims }) => dims?.length === RANK);
  const order = sorted(graph.nodes);
  if (input === undefined) return 'no picture enters its graph';
  if (order === undefined) return 'the nodes of its graph wait for each other';
  const makers = new Map<string, number>();
  for (const [index, { outputs }] of order.entries()) for (const output of outputs) makers.set(output, index);
  const channels = input.dims?.[1];
  const first: Standing = { divisor: 1, ...(typeof channels === 'number' ? { channels } : {}) };
  const standings = new Map<string, Standing>([[input.name, first]]);
  const walk: Walk = { graph, tensors, input, order, makers, standings };
  for (const node of order) {
    const found = standingOf(node, walk);
    // the others are its scale and its zero
    const outputs = node.op === 'DynamicQuantizeLinear' ? node.outputs.slice(0, 1) : node.outputs;
    for (const output of outputs) if (output !== '' && found !== undefined) standings.set(output, found);
  }
  return { order, input, standings, makers };
}

interface Walk extends Followed {
  readonly graph: Graph;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly standings: Map<string, Standing>;
}

/** The nodes so that each stands behind those that make its inputs, else as the file has them. */
function sorted(nodes: readonly GraphNode[]): readonly GraphNode[] | undefined {
  const makers = new Map<string, number>();
  for (const [index, { outputs }] of nodes.entries()) for (const output of outputs) makers.set(output, index);
  const order: GraphNode[] = [];
  // 0: not seen, 1: waiting for its inputs, 2: done
  const state = new Uint8Array(nodes.length);
  for (const root of nodes.keys()) {
    const stack = [root];
    while (stack.length > 0) {
      const index = stack.at(-1) as number;
      const node = nodes[index] as GraphNode;
      if (state[index] === 2) {
        stack.pop();
        continue;
      }
      const waits = node.inputs
        .map((input) => makers.get(input))
        .filter((maker): maker is number => maker !== undefined && state[maker] !== 2);
      if (waits.length === 0) {
        state[index] = 2;
        order.push(node);
        stack.pop();
        continue;
      }
      if (state[index] === 1) return undefined;
      state[index] = 1;
      stack.push(...waits.toReversed());
    }
  }
  return order;
}

function standingOf(node: GraphNode, walk: Walk): Standing | undefined {
  const known = node.inputs.map((input) => walk.standings.get(input)).filter((each) => each !== undefined);
  const [from] = known;
  if (from === undefined) return undefined;
  const { op, attributes } = node;
  if (CONVOLUTIONS.has(op) || op === 'ConvTranspose') {
    const stride = strideOf(node);
    const divisor = op === 'ConvTranspose' ? from.divisor / stride : from.divisor * stride;
    return standing(divisor, widthsOf(node, walk.tensors)?.output);
  }
  if (POOLS.has(op)) return standing(from.divisor * strideOf(node), from.channels);
  if (op === 'Resize' || op === 'Upsample') {
    const divisor = resized(node, from, walk);
    return divisor === undefined ? undefined : standing(divisor, from.channels);
  }
  if (op === 'DepthToSpace' || op === 'SpaceToDepth') {
    const block = Number(attributes.get('blocksize') ?? 1);
    const [size, width] = op === 'DepthToSpace' ? [1 / block, block ** -2] : [block, block ** 2];
    return standing(from.divisor * size, from.channels === undefined ? undefined : from.channels * width);
  }
  if (op === 'Concat') {
    if (attributes.get('axis') !== 1) return from;
    const widths = known.map(({ channels }) => channels ?? Number.NaN);
    const sum = known.length === node.inputs.length ? widths.reduce((a, b) => a + b, 0) : Number.NaN;
    return standing(from.divisor, sum);
  }
  if (LOSES.has(op)) return undefined;
  return known.reduce((a, b) => (b.divisor < a.divisor ? b : a));
}

function standing(divisor: number, channels: number | undefined): Standing {
  return channels === undefined || Number.isNaN(channels) ? { divisor } : { divisor, channels };
}

/** How far a convolution or pool steps: rows, which is columns too in every net. */
export function strideOf({ attributes }: GraphNode): number {
  const strides = attributes.get('strides');
  return typeof strides === 'object' ? Math.max(1, strides[0] ?? 1) : 1;
}

/** Channels that a convolution reads and writes, from its weight. */
export function widthsOf(
  { op, inputs, attributes }: GraphNode,
  tensors: ReadonlyMap<string, Tensor>,
): { readonly input: number; readonly output: number } | undefined {
  const shape = tensors.get(inputs[op === 'QLinearConv' ? 3 : 1] ?? '')?.shape;
  const [first, second] = shape ?? [];
  if (first === undefined || second === undefined) return undefined;
  const group = Number(attributes.get('group') ?? 1);
  return op === 'ConvTranspose'
    ? { input: first, output: second * group }
    : { input: second * group, output: first };
}

/** The divisor behind a Resize: by its factors, its sizes, or the value whose size it takes. */
function resized(node: GraphNode, from: Standing, walk: Walk): number | undefined {
  const { inputs, op, attributes, outputs } = node;
  const { graph } = walk;
  const given = attributes.get('scales');
  const scales = graph.constants.get(inputs[op === 'Upsample' || inputs.length === 2 ? 1 : 2] ?? '') ?? given;
  const factor = typeof scales === 'object' ? scales[2] : undefined;
  if (factor !== undefined && factor > 0) return from.divisor / factor;
  const height = walk.input.dims?.[2];
  const sizes = inputs[3] ?? '';
  const rows = heightIn(sizes, walk) ?? graph.sizes.get(outputs[0] ?? '')?.[2];
  if (typeof height === 'number' && typeof rows === 'number' && rows > 0) return whole(height / rows);
  return sizeSource(sizes, walk);
}

/** The rows in a list of sizes that is a constant, or ends with one: batch and channels are often taken from a value. */
function heightIn(sizes: string, { graph, makers, order }: Walk): number | undefined {
  const node = order[makers.get(sizes) ?? -1];
  const last = node?.op === 'Concat' ? (node.inputs.at(-1) ?? '') : sizes;
  const values = graph.constants.get(last);
  return values !== undefined && values.length >= 2 ? values.at(-2) : undefined;
}

/** A ratio of sizes that were rounded: 113 of 225 is a half. */
function whole(ratio: number): number {
  return ratio >= 1 ? Math.round(ratio) : 1 / Math.round(1 / ratio);
}

/** Where sizes are computed: the divisor of the value whose shape is asked for. */
function sizeSource(sizes: string, { makers, order, standings }: Walk): number | undefined {
  const waiting = [sizes];
  const seen = new Set<string>();
  while (waiting.length > 0 && seen.size < 100) {
    const value = waiting.pop() as string;
    const node = order[makers.get(value) ?? -1];
    if (node === undefined || seen.has(value)) continue;
    seen.add(value);
    if (node.op === 'Shape') {
      const found = standings.get(node.inputs[0] ?? '');
      if (found !== undefined) return found.divisor;
    }
    // rows and columns stand last
    waiting.push(...(node.op === 'Concat' ? node.inputs.slice(-1) : node.inputs));
  }
  return undefined;
}
