import type { Net } from '../../topology/net.ts';
import { activate } from './activations.ts';
import { addEmbedding } from './added.ts';
import type { Value } from './graph.ts';
import { type Declare, linear, projection, type Scope } from './layers.ts';
import { textRows } from './text.ts';
import { timeFeatures, twoLayers } from './time.ts';

/** What the blocks read beside the latent. */
export interface Conditions {
  /** The sum of all embeddings as the resnets project it, [b, time]. */
  readonly embedding: Value;
  /** The text that cross-attention reads, as [b·s, w] rows; absent in nets without it. */
  readonly text?: Value;
  /** float32 [b]: what the net's output is divided by; absent where it is not. */
  readonly divisor?: Value;
}

/** Adds what stands before the blocks: embeddings of the timestep and of whatever else the net is fed. */
export function embed(scope: Scope, net: Net, declare: Declare): Conditions {
  const { graph, weights, conventions } = scope;
  const { activations } = conventions;
  graph.enter('time_embedding');
  const timestep = declare({ name: 'timestep', type: 'FLOAT', dims: ['batch'] });
  const parts = [
    timeEmbedding(scope, timestep, declare),
    classEmbedding(scope, declare),
    addEmbedding(scope, net, declare),
  ];
  const sum = parts
    .filter((part) => part !== undefined)
    .reduce((all, part) => graph.node('Add', [all, part]));
  const embedding = [activations.embedding, activations.projected]
    .filter((kind) => kind !== undefined)
    .reduce((value, kind) => activate(scope, value, kind), sum);
  const text = textRows(scope, net, declare);
  const divides = weights.has('time_proj.weight') && conventions.fourier.divides;
  return {
    embedding,
    ...(text === undefined ? {} : { text }),
    ...(divides ? { divisor: timestep } : {}),
  };
}

function timeEmbedding(scope: Scope, timestep: Value, declare: Declare): Value {
  const { graph, weights, conventions } = scope;
  const id = 'time_embedding';
  let features = timeFeatures(scope, timestep);
  if (weights.has(`${id}.cond_proj.weight`)) {
    const guidance = weights.shape(`${id}.cond_proj.weight`)[1] ?? 0;
    const given = declare({ name: 'timestep_cond', type: 'FLOAT', dims: ['batch', guidance] });
    features = graph.node('Add', [features, projection(scope, given, `${id}.cond_proj`)]);
  }
  const { time, afterTime } = conventions.activations;
  const embedded = twoLayers(scope, features, id, time);
  return afterTime === undefined ? embedded : activate(scope, embedded, afterTime);
}

/** A row of a table, a projection of a vector or of a number's sinusoid, or a vector as it is. */
function classEmbedding(scope: Scope, declare: Declare): Value | undefined {
  const { graph, weights, conventions } = scope;
  const id = 'class_embedding';
  const name = 'class_labels';
  const layered = weights.has(`${id}.linear_1.weight`);
  graph.enter(id);
  if (!layered && !weights.has(`${id}.weight`)) {
    if (conventions.classInput !== 'identity') return undefined;
    const width = weights.shape('time_embedding.linear_2.weight')[0] ?? 0;
    return declare({ name, type: 'FLOAT', dims: ['batch', width] });
  }
  if (!layered && !weights.has(`${id}.bias`)) {
    const row = declare({ name, type: 'INT64', dims: ['batch'] });
    return graph.node('Gather', [weights.value(`${id}.weight`), row], { axis: { int: 0 } });
  }
  if (conventions.classInput === 'timestep') {
    const number = declare({ name, type: 'FLOAT', dims: ['batch'] });
    return twoLayers(scope, timeFeatures(scope, number), id, conventions.activations.time);
  }
  const width = weights.shape(layered ? `${id}.linear_1.weight` : `${id}.weight`)[1] ?? 0;
  const vector = declare({ name, type: 'FLOAT', dims: ['batch', width] });
  return layered ? twoLayers(scope, vector, id, 'silu') : linear(scope, vector, id);
}
