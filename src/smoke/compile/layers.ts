import type { GraphInput } from './compiled.ts';
import type { Conventions } from './conventions.ts';
import type { GraphBuilder, Value } from './graph.ts';
import { type Moments, momentsOf } from './moments.ts';
import type { Weights } from './weights.ts';

/** What layers over rows need: the graph they are added to, and the net's tensors. */
export interface RowScope {
  readonly graph: GraphBuilder;
  readonly weights: Weights;
  /** int64 [1]: how many pictures or texts are in the batch. */
  readonly batch: Value;
  /** Where it is given, attention adds the largest magnitude of its q·kᵀ, float32 [1, 1]. */
  readonly scores?: Value[];
  /** Where it is given, layers add what they read and how their weights read it, by canonical name. */
  readonly moments?: Map<string, Moments>;
}

/** What layers over pixels need beside that: what no shape tells of them. */
export interface PixelScope extends RowScope {
  readonly conventions: Pick<Conventions, 'normGroups' | 'downsamplePadding'>;
}

/** What the blocks of a U-Net need. */
export interface Scope extends PixelScope {
  readonly conventions: Conventions;
}

/** The same, where what is read is not to be measured. */
export function withoutMoments(scope: Scope): Scope {
  const { moments, ...rest } = scope;
  return moments === undefined ? scope : rest;
}

/** Makes an input of the graph; one that was declared before is the same value again. */
export type Declare = (input: GraphInput) => Value;

/** Of every LayerNorm: the default of torch.nn.LayerNorm, which LDM and diffusers keep. */
const LAYER_NORM_EPS = 1e-5;

/** x · σ(x), of any shape. */
export function silu({ graph }: RowScope, x: Value): Value {
  return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
}

/**
 * Group normalisation of [b, c, …] by way of InstanceNormalization, which every provider has, over [b, groups, …].
 * Where each group is one channel wide the two are the same.
 * @param axes how many there are behind the channels
 */
export function groupNorm(scope: PixelScope, x: Value, name: string, eps: number, axes: 1 | 2 = 2): Value {
  const { graph, weights, conventions } = scope;
  const channels = weights.shape(`${name}.weight`)[0] ?? 0;
  const groups = conventions.normGroups;
  const epsilon = { float: eps };
  if (channels === groups) {
    const affine = [weights.value(`${name}.weight`), weights.value(`${name}.bias`)];
    return graph.node('InstanceNormalization', [x, ...affine], { epsilon });
  }
  const grouped = graph.node('Reshape', [x, graph.ints([0, groups, -1])]);
  const ones = graph.floats(Array.from({ length: groups }, () => 1));
  const zeros = graph.floats(Array.from({ length: groups }, () => 0));
  const normal = graph.node('InstanceNormalization', [grouped, ones, zeros], { epsilon });
  const back = graph.node('Reshape', [normal, graph.node('Shape', [x])]);
  const column = [channels, 1, 1].slice(0, 1 + axes);
  const scaled = graph.node('Mul', [back, weights.value(`${name}.weight`, column)]);
  return graph.node('Add', [scaled, weights.value(`${name}.bias`, column)]);
}

/** Normalises the last axis of [tokens, c]. */
export function layerNorm({ graph, weights }: RowScope, x: Value, name: string): Value {
  const affine = [weights.value(`${name}.weight`), weights.value(`${name}.bias`)];
  return graph.node('LayerNormalization', [x, ...affine], {
    axis: { int: -1 },
    epsilon: { float: LAYER_NORM_EPS },
  });
}

/** x · Wᵀ + b for x of [rows, in]. A 1×1 convolution's weights are read as the matrix they are. */
export function linear(scope: RowScope, x: Value, name: string): Value {
  return gemm(scope, x, name, [scope.weights.value(`${name}.bias`)]);
}

/** The same for projections that have a bias in some nets and none in others. */
export function projection(scope: RowScope, x: Value, name: string): Value {
  const bias = `${name}.bias`;
  return gemm(scope, x, name, scope.weights.has(bias) ? [scope.weights.value(bias)] : []);
}

function gemm(scope: RowScope, x: Value, name: string, bias: readonly Value[]): Value {
  const { graph, weights } = scope;
  scope.moments?.set(name, momentsOf(graph, weights, x, name, false));
  const [out = 0, input = 0] = weights.shape(`${name}.weight`);
  const matrix = weights.value(`${name}.weight`, [out, input]);
  return graph.node('Gemm', [x, matrix, ...bias], { transB: { int: 1 } });
}

/** A convolution over [b, c, h, w] whose padding keeps the size, or halves it with `stride` 2. */
export function conv(scope: PixelScope, x: Value, name: string, stride: 1 | 2 = 1): Value {
  const { graph, weights, conventions } = scope;
  scope.moments?.set(name, momentsOf(graph, weights, x, name, true));
  const kernel = weights.shape(`${name}.weight`).slice(2);
  // without padding the DDPM convention still adds a row and a column at the far ends
  const before = kernel.map((size) => (stride === 2 ? conventions.downsamplePadding : (size - 1) / 2));
  const after = kernel.map((size) => (stride === 2 ? 1 : (size - 1) / 2));
  return graph.node('Conv', [x, weights.value(`${name}.weight`), weights.value(`${name}.bias`)], {
    kernel_shape: { ints: kernel },
    strides: { ints: [stride, stride] },
    pads: { ints: [...before, ...after] },
  });
}

/** Each pixel four times: [b, c, h, w] to [b, c, 2h, 2w]. */
export function upsampleNearest({ graph }: RowScope, x: Value): Value {
  return graph.node('Resize', [x, '', graph.floats([1, 1, 2, 2])], {
    mode: { string: 'nearest' },
    coordinate_transformation_mode: { string: 'asymmetric' },
    nearest_mode: { string: 'floor' },
  });
}

/** The mean of each 2×2: [b, c, h, w] to [b, c, h/2, w/2]. */
export function averagePool({ graph }: RowScope, x: Value): Value {
  return graph.node('AveragePool', [x], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
}

/** Pixels as rows: [b, c, h, w] to [b·h·w, c], and the shape [b, h, w, c] to come back by. */
export function toTokens(scope: RowScope, x: Value, channels: number): { rows: Value; shape: Value } {
  const { graph } = scope;
  const last = graph.node('Transpose', [x], { perm: { ints: [0, 2, 3, 1] } });
  return {
    rows: graph.node('Reshape', [last, graph.ints([-1, channels])]),
    shape: graph.node('Shape', [last]),
  };
}

/** Rows back to pixels: [b·h·w, c] to [b, c, h, w]. */
export function fromTokens({ graph }: RowScope, rows: Value, shape: Value): Value {
  return graph.node('Transpose', [graph.node('Reshape', [rows, shape])], { perm: { ints: [0, 3, 1, 2] } });
}

/** The last two axes of three changed over: [b, n, w] to [b, w, n]. */
export function transposed({ graph }: RowScope, x: Value): Value {
  return graph.node('Transpose', [x], { perm: { ints: [0, 2, 1] } });
}

/** Rows cut into pictures: [b·n, w] to [b, n, w]. */
export function perPicture({ graph, batch }: RowScope, rows: Value, width: number): Value {
  const shape = graph.node('Concat', [batch, graph.ints([-1, width])], { axis: { int: 0 } });
  return graph.node('Reshape', [rows, shape]);
}

/**
 * softmax(q·kᵀ/√d)·v for each head: q of [b, n, heads·d], k and v of [b, s, heads·d], to [b·n, heads·d].
 * The runtime's own operator, because it never holds all of q·kᵀ: on a net of SD1's size it takes about half the time
 * of MatMul and Softmax, and 2 GB less at a latent of 64×64.
 * @param mask float32 [1, 1, n, s], added to q·kᵀ/√d
 */
export function attend(
  scope: RowScope,
  q: Value,
  k: Value,
  v: Value,
  heads: number,
  width: number,
  mask?: Value,
): Value {
  const { graph } = scope;
  scope.scores?.push(largestScore(graph, q, k, heads, width));
  // its own bias and key mask are left out
  const inputs = mask === undefined ? [q, k, v] : [q, k, v, '', '', mask];
  const attended = graph.node('MultiHeadAttention', inputs, {
    num_heads: { int: heads },
    scale: { float: 1 / Math.sqrt(width / heads) },
  });
  return graph.node('Reshape', [attended, graph.ints([-1, width])]);
}

/** One query in so many is multiplied with all keys to measure their products: all of them take memory by the square. */
const SCORED = 8;

/** The largest magnitude in q·kᵀ of some queries, before it is scaled: float32 [1, 1]. */
function largestScore(graph: GraphBuilder, q: Value, k: Value, heads: number, width: number): Value {
  const [start, end, axis, step] = [0, 2 ** 31 - 1, 1, SCORED].map((value) => graph.ints([value]));
  const some = graph.node('Slice', [q, start, end, axis, step] as Value[]);
  const byHead = (rows: Value, perm: readonly number[]): Value => {
    // 0: as many as before
    const apart = graph.node('Reshape', [rows, graph.ints([0, -1, heads, width / heads])]);
    return graph.node('Transpose', [apart], { perm: { ints: perm } });
  };
  const scores = graph.node('MatMul', [byHead(some, [0, 2, 1, 3]), byHead(k, [0, 2, 3, 1])]);
  const largest = graph.node('ReduceMax', [graph.node('Abs', [scores])], { keepdims: { int: 0 } });
  return graph.node('Reshape', [largest, graph.ints([1, 1])]);
}
