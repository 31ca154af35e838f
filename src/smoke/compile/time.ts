import { activate } from './activations.ts';
import type { Activation } from './conventions.ts';
import type { Value } from './graph.ts';
import { linear, type Scope } from './layers.ts';

/** What stands for [n] timesteps, [n, width]: sinusoids, or random Fourier features where the net has frequencies. */
export function timeFeatures(scope: Scope, numbers: Value): Value {
  const { weights } = scope;
  if (weights.has('time_proj.weight')) return fourier(scope, numbers);
  return sinusoids(scope, numbers, weights.shape('time_embedding.linear_1.weight')[1] ?? 0);
}

/**
 * Sinusoids of [n] numbers, [n, width]: angle `t · 10000^(−i / (width/2 − shift))`. Rounded to float32 step by step
 * as the reference does it, because an angle is up to 1000 radians and a last bit of the frequency would show.
 * Source: diffusers `get_timestep_embedding`; with shift 0 and the cosine first, LDM `timestep_embedding`.
 */
export function sinusoids({ graph, conventions }: Scope, numbers: Value, width: number): Value {
  const half = Math.floor(width / 2);
  const rate = Math.fround(-Math.log(10000));
  const frequencies = Array.from({ length: half }, (_, index) =>
    Math.exp(Math.fround(Math.fround(rate * index) / (half - conventions.freqShift))),
  );
  const column = graph.node('Unsqueeze', [numbers, graph.ints([1])]);
  const angles = graph.node('Mul', [column, graph.floats(frequencies, [1, half])]);
  const [sine, cosine] = [graph.node('Sin', [angles]), graph.node('Cos', [angles])];
  const both = conventions.flipSinToCos ? [cosine, sine] : [sine, cosine];
  return graph.node('Concat', both, { axis: { int: 1 } });
}

/**
 * Random Fourier features of [n] numbers, [n, 2 · frequencies]: angle `t · f · 2 · π`, in that order, which rounds as
 * the reference does. Source: diffusers `GaussianFourierProjection`; score_sde.
 */
function fourier({ graph, weights, conventions }: Scope, numbers: Value): Value {
  const { logarithm, cosineFirst } = conventions.fourier;
  const frequencies = weights.value('time_proj.weight', [1, weights.shape('time_proj.weight')[0] ?? 0]);
  const times = logarithm ? graph.node('Log', [numbers]) : numbers;
  const column = graph.node('Unsqueeze', [times, graph.ints([1])]);
  const turns = graph.node('Mul', [graph.node('Mul', [column, frequencies]), graph.floats([2])]);
  const angles = graph.node('Mul', [turns, graph.floats([Math.PI])]);
  const [sine, cosine] = [graph.node('Sin', [angles]), graph.node('Cos', [angles])];
  return graph.node('Concat', cosineFirst ? [cosine, sine] : [sine, cosine], { axis: { int: 1 } });
}

/** diffusers TimestepEmbedding, LDM `time_embed`: linear, activation, linear. */
export function twoLayers(scope: Scope, x: Value, id: string, kind: Activation): Value {
  return linear(scope, activate(scope, linear(scope, x, `${id}.linear_1`), kind), `${id}.linear_2`);
}
