import type { Net } from '../../topology/net.ts';
import type { GraphInput } from './compiled.ts';
import type { Value } from './graph.ts';
import { layerNorm, linear, projection, type Scope, silu } from './layers.ts';
import { UnsupportedNetError } from './unsupported.ts';

/** What the blocks read beside the latent. */
export interface Conditions {
  /** SiLU of the sum of all embeddings, [b, time]: every resnet projects it. */
  readonly embedding: Value;
  /** The text that cross-attention reads, as [b·s, w] rows; absent in nets without it. */
  readonly text?: Value;
}

/** Adds what stands before the blocks: embeddings of the timestep and of whatever else the net is fed. */
export function embed(scope: Scope, net: Net, declare: (input: GraphInput) => Value): Conditions {
  const { graph, weights } = scope;
  graph.enter('time_embedding');
  if (weights.has('time_proj.weight')) {
    throw new UnsupportedNetError(
      'random Fourier features of the timestep (time_proj) are not computed here',
    );
  }
  const width = weights.shape('time_embedding.linear_1.weight')[1] ?? 0;
  const timestep = declare({ name: 'timestep', type: 'FLOAT', dims: ['batch'] });
  let sinusoid = sinusoids(scope, timestep, width);
  if (weights.has('time_embedding.cond_proj.weight')) {
    const guidance = weights.shape('time_embedding.cond_proj.weight')[1] ?? 0;
    const given = declare({ name: 'timestep_cond', type: 'FLOAT', dims: ['batch', guidance] });
    sinusoid = graph.node('Add', [sinusoid, projection(scope, given, 'time_embedding.cond_proj')]);
  }
  const parts = [
    twoLayers(scope, sinusoid, 'time_embedding'),
    classEmbedding(scope, width, declare),
    addEmbedding(scope, declare),
  ];
  const embedding = parts
    .filter((part) => part !== undefined)
    .reduce((sum, part) => graph.node('Add', [sum, part]));
  const text = textRows(scope, net, declare);
  return { embedding: silu(scope, embedding), ...(text === undefined ? {} : { text }) };
}

/**
 * Sinusoids of [n] numbers, [n, width]: angle `t · 10000^(−i / (width/2 − shift))`. Rounded to float32 step by step
 * as the reference does it, because an angle is up to 1000 radians and a last bit of the frequency would show.
 * Source: diffusers `get_timestep_embedding`; with shift 0 and the cosine first, LDM `timestep_embedding`.
 */
function sinusoids({ graph, conventions }: Scope, numbers: Value, width: number): Value {
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

/** diffusers TimestepEmbedding, LDM `time_embed`: linear, SiLU, linear. */
function twoLayers(scope: Scope, x: Value, id: string): Value {
  return linear(scope, silu(scope, linear(scope, x, `${id}.linear_1`)), `${id}.linear_2`);
}

/** A row of a table, or a projection of a vector. */
function classEmbedding(
  scope: Scope,
  timeWidth: number,
  declare: (input: GraphInput) => Value,
): Value | undefined {
  const { graph, weights, conventions } = scope;
  const id = 'class_embedding';
  const name = 'class_labels';
  const layered = weights.has(`${id}.linear_1.weight`);
  if (!layered && !weights.has(`${id}.weight`)) return undefined;
  graph.enter(id);
  if (!layered && !weights.has(`${id}.bias`)) {
    const row = declare({ name, type: 'INT64', dims: ['batch'] });
    return graph.node('Gather', [weights.value(`${id}.weight`), row], { axis: { int: 0 } });
  }
  if (conventions.classInput === 'timestep') {
    const number = declare({ name, type: 'FLOAT', dims: ['batch'] });
    return twoLayers(scope, sinusoids(scope, number, timeWidth), id);
  }
  const width = weights.shape(layered ? `${id}.linear_1.weight` : `${id}.weight`)[1] ?? 0;
  const vector = declare({ name, type: 'FLOAT', dims: ['batch', width] });
  return layered ? twoLayers(scope, vector, id) : linear(scope, vector, id);
}

/**
 * SDXL's pooled text and time ids, as diffusers takes them apart; where nothing says how the vector is put
 * together it is an input itself. Kandinsky 2.2's image embedding.
 */
function addEmbedding(scope: Scope, declare: (input: GraphInput) => Value): Value | undefined {
  const { graph, weights, conventions } = scope;
  const id = 'add_embedding';
  graph.enter(id);
  if (weights.has(`${id}.image_norm.weight`)) {
    const image = declare(imageEmbeds(scope));
    return layerNorm(scope, linear(scope, image, `${id}.image_proj`), `${id}.image_norm`);
  }
  if (!weights.has(`${id}.linear_1.weight`)) {
    const other = ['text_proj', 'proj'].find((part) => weights.has(`${id}.${part}.weight`));
    if (other === undefined) return undefined;
    throw new UnsupportedNetError(`added conditioning through ${id}.${other} is not computed here`);
  }
  const width = weights.shape(`${id}.linear_1.weight`)[1] ?? 0;
  const time = conventions.addedTime;
  if (time === undefined) {
    return twoLayers(scope, declare({ name: 'add_embeds', type: 'FLOAT', dims: ['batch', width] }), id);
  }
  const pooled = width - time.ids * time.width;
  if (pooled <= 0) {
    throw new UnsupportedNetError(
      `${id} reads ${width} numbers, too few for ${time.ids} time ids of ${time.width} and a pooled text`,
    );
  }
  const text = declare({ name: 'text_embeds', type: 'FLOAT', dims: ['batch', pooled] });
  const ids = declare({ name: 'time_ids', type: 'FLOAT', dims: ['batch', time.ids] });
  const flat = sinusoids(scope, graph.node('Reshape', [ids, graph.ints([-1])]), time.width);
  const rows = graph.node('Reshape', [flat, graph.ints([-1, time.ids * time.width])]);
  return twoLayers(scope, graph.node('Concat', [text, rows], { axis: { int: 1 } }), id);
}

function imageEmbeds({ weights }: Scope): GraphInput {
  const width = weights.shape('add_embedding.image_proj.weight')[1] ?? 0;
  return { name: 'image_embeds', type: 'FLOAT', dims: ['batch', width] };
}

/** The text as rows, brought to the width of the cross-attention where the net has a projection for that. */
function textRows(scope: Scope, net: Net, declare: (input: GraphInput) => Value): Value | undefined {
  const { graph, weights } = scope;
  const id = 'encoder_hid_proj';
  graph.enter(id);
  const width = net.conditioning.crossAttentionDim?.value;
  if (width === undefined) return undefined;
  if (weights.has(`${id}.image_embeds.weight`)) {
    if (weights.has(`${id}.text_proj.weight`)) {
      throw new UnsupportedNetError(`a text made of image and text embeddings (${id}) is not computed here`);
    }
    const image = linear(scope, declare(imageEmbeds(scope)), `${id}.image_embeds`);
    return layerNorm(scope, graph.node('Reshape', [image, graph.ints([-1, width])]), `${id}.norm`);
  }
  const projected = weights.has(`${id}.weight`);
  const given = projected ? (weights.shape(`${id}.weight`)[1] ?? 0) : width;
  const text = declare({ name: 'encoder_hidden_states', type: 'FLOAT', dims: ['batch', 'tokens', given] });
  const rows = graph.node('Reshape', [text, graph.ints([-1, given])]);
  return projected ? linear(scope, rows, id) : rows;
}
