import { activate } from './activations.ts';
import type { Conditions } from './embeddings.ts';
import type { Value } from './graph.ts';
import { conv, groupNorm, linear, type Scope } from './layers.ts';

/** Another size of the picture, on both ways through a resnet. */
export type Resample = (scope: Scope, x: Value) => Value;

/**
 * diffusers ResnetBlock2D, LDM and guided-diffusion ResBlock: norm, activation, convolution, the time embedding (added,
 * or as scale and shift of the second norm), norm, activation, convolution, and the input beside it; the sum is
 * divided by `scale`. Where it resamples, both ways are resampled after the first activation.
 */
export function resnet(
  scope: Scope,
  id: string,
  x: Value,
  { embedding }: Conditions,
  scale: number,
  resample?: Resample,
): Value {
  const { graph, weights, conventions } = scope;
  const { resnet: kind } = conventions.activations;
  const way = resample === undefined ? (value: Value) => value : (value: Value) => resample(scope, value);
  const first = way(activate(scope, groupNorm(scope, x, `${id}.norm1`, conventions.normEps), kind));
  const inner = conv(scope, first, `${id}.conv1`);
  const second = activate(scope, timed(scope, id, inner, embedding), kind);
  const out = conv(scope, second, `${id}.conv2`);
  const beside = way(x);
  const [to, from] = weights.shape(`${id}.conv1.weight`);
  const keepsWidth = to === from && !weights.has(`${id}.conv_shortcut.weight`);
  const shortcut = keepsWidth ? beside : conv(scope, beside, `${id}.conv_shortcut`);
  return dividedBy(scope, graph.node('Add', [shortcut, out]), scale);
}

/** The second norm, with the time embedding added before it or scaling and shifting what it gives. */
function timed(scope: Scope, id: string, x: Value, embedding: Value): Value {
  const { graph, weights, conventions } = scope;
  const channels = weights.shape(`${id}.conv1.weight`)[0] ?? 0;
  const projected = linear(scope, embedding, `${id}.time_emb_proj`);
  const time = graph.node('Unsqueeze', [projected, graph.ints([2, 3])]);
  const norm = (value: Value): Value => groupNorm(scope, value, `${id}.norm2`, conventions.normEps);
  if (weights.shape(`${id}.time_emb_proj.weight`)[0] === channels) return norm(graph.node('Add', [x, time]));
  const [scale, shift] = graph.nodes('Split', [time], 2, { axis: { int: 1 }, num_outputs: { int: 2 } });
  const factor = graph.node('Add', [scale as Value, graph.floats([1])]);
  return graph.node('Add', [graph.node('Mul', [norm(x), factor]), shift as Value]);
}

/** x / scale; nothing at all where the scale is 1, as in nearly every net. */
export function dividedBy({ graph }: Scope, x: Value, scale: number): Value {
  return scale === 1 ? x : graph.node('Div', [x, graph.floats([scale])]);
}
