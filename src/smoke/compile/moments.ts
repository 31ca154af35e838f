/** How what a layer reads varies together, beside the weights that read it. */
import { channelsOf } from '../../values/channels.ts';
import type { GraphBuilder, Value } from './graph.ts';
import type { Weights } from './weights.ts';

/** At most so many channels of a layer are looked at: the numbers grow with the square. */
export const MOMENT_CHANNELS = 256;

/** Matrices of one layer over those of its input channels that are looked at, float32 [n, n]. */
export interface Moments {
  /** Σ over places and pictures of x·xᵀ, each channel without its mean over all of them. */
  readonly given: Value;
  /** RᵀR of its weights R, one row for each output and kernel position. */
  readonly weights: Value;
  /** n */
  readonly size: number;
}

/** @param x what the layer `name` reads: [rows, channels], or [b, channels, h, w] with `pixels` */
export function momentsOf(
  graph: GraphBuilder,
  weights: Weights,
  x: Value,
  name: string,
  pixels: boolean,
): Moments {
  const shape = weights.shape(`${name}.weight`);
  const width = shape[1] ?? 0;
  const channels = channelsOf(width, MOMENT_CHANNELS);
  const chosen = (matrix: Value): Value =>
    channels.length === width
      ? matrix
      : graph.node('Gather', [matrix, graph.ints([...channels])], { axis: { int: 0 } });
  const first = (value: Value, perm: readonly number[]): Value => {
    const turned = graph.node('Transpose', [value], { perm: { ints: perm } });
    return chosen(graph.node('Reshape', [turned, graph.ints([width, -1])]));
  };
  const given = first(x, pixels ? [1, 0, 2, 3] : [1, 0]);
  const mean = graph.node('ReduceMean', [given, graph.ints([1])], { keepdims: { int: 1 } });
  const kernel = first(
    weights.value(`${name}.weight`),
    shape.map((_, axis) => (axis < 2 ? 1 - axis : axis)),
  );
  return {
    given: squared(graph, graph.node('Sub', [given, mean])),
    weights: squared(graph, kernel),
    size: channels.length,
  };
}

/** M·Mᵀ. */
function squared(graph: GraphBuilder, matrix: Value): Value {
  return graph.node('MatMul', [matrix, graph.node('Transpose', [matrix], { perm: { ints: [1, 0] } })]);
}
