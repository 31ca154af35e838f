import type { Net } from '../../topology/net.ts';
import type { Value } from './graph.ts';
import { attend, type Declare, layerNorm, linear, perPicture, type Scope } from './layers.ts';
import { givenText, imageEmbeds } from './text.ts';
import { sinusoids, twoLayers } from './time.ts';
import { UnsupportedNetError } from './unsupported.ts';

const ID = 'add_embedding';

/** What a net adds to the time embedding beside a class; undefined where it has nothing of the kind. */
export function addEmbedding(scope: Scope, net: Net, declare: Declare): Value | undefined {
  const { graph, weights } = scope;
  graph.enter(ID);
  if (weights.has(`${ID}.linear_1.weight`)) return pooledText(scope, declare);
  if (weights.has(`${ID}.pool.q_proj.weight`)) return poolText(scope, net, declare);
  if (!weights.has(`${ID}.image_proj.weight`)) return undefined;
  const image = linear(scope, declare(imageEmbeds(scope, `${ID}.image_proj`)), `${ID}.image_proj`);
  // Kandinsky 2.2 normalises the image; 2.1 adds it to a normalised text
  if (weights.has(`${ID}.image_norm.weight`)) return layerNorm(scope, image, `${ID}.image_norm`);
  const width = weights.shape(`${ID}.text_proj.weight`)[1] ?? 0;
  const text = declare({ name: 'text_embeds', type: 'FLOAT', dims: ['batch', width] });
  const normal = layerNorm(scope, linear(scope, text, `${ID}.text_proj`), `${ID}.text_norm`);
  return graph.node('Add', [image, normal]);
}

/**
 * SDXL's pooled text and time ids, as diffusers takes them apart; where nothing says how the vector is put
 * together it is an input itself.
 */
function pooledText(scope: Scope, declare: Declare): Value {
  const { graph, weights, conventions } = scope;
  const width = weights.shape(`${ID}.linear_1.weight`)[1] ?? 0;
  const time = conventions.addedTime;
  if (time === undefined) {
    const whole = declare({ name: 'add_embeds', type: 'FLOAT', dims: ['batch', width] });
    return twoLayers(scope, whole, ID, 'silu');
  }
  const pooled = width - time.ids * time.width;
  if (pooled <= 0) {
    throw new UnsupportedNetError(
      `${ID} reads ${width} numbers, too few for ${time.ids} time ids of ${time.width} and a pooled text`,
    );
  }
  const text = declare({ name: 'text_embeds', type: 'FLOAT', dims: ['batch', pooled] });
  const ids = declare({ name: 'time_ids', type: 'FLOAT', dims: ['batch', time.ids] });
  const flat = sinusoids(scope, graph.node('Reshape', [ids, graph.ints([-1])]), time.width);
  const rows = graph.node('Reshape', [flat, graph.ints([-1, time.ids * time.width])]);
  const both = time.idsFirst === true ? [rows, text] : [text, rows];
  return twoLayers(scope, graph.node('Concat', both, { axis: { int: 1 } }), ID, 'silu');
}

/**
 * DeepFloyd IF: the mean of the text's tokens attends to itself and to them. Source: deepfloyd_if/model/nn.py
 * `AttentionPooling` between two layer norms; diffusers TextTimeEmbedding.
 */
function poolText(scope: Scope, net: Net, declare: Declare): Value {
  const { graph, weights, conventions } = scope;
  const width = weights.shape(`${ID}.pool.q_proj.weight`)[1] ?? 0;
  const given = givenText(scope, net, declare);
  if (given === undefined || given.width !== width) {
    throw new UnsupportedNetError(
      `${ID} reads a text ${width} wide and the net is given one ${given?.width ?? 0} wide`,
    );
  }
  if (width % conventions.poolHeads !== 0) {
    throw new UnsupportedNetError(
      `${ID} is ${width} wide, which ${conventions.poolHeads} heads do not divide`,
    );
  }
  const tokens = perPicture(scope, layerNorm(scope, given.rows, `${ID}.norm1`), width);
  const mean = graph.node('ReduceMean', [tokens, graph.ints([1])], { keepdims: { int: 1 } });
  const first = graph.node('Add', [mean, weights.value(`${ID}.pool.positional_embedding`)]);
  const all = graph.node('Concat', [first, tokens], { axis: { int: 1 } });
  const project = (of: Value, name: string): Value => {
    const rows = graph.node('Reshape', [of, graph.ints([-1, width])]);
    return perPicture(scope, linear(scope, rows, `${ID}.pool.${name}`), width);
  };
  const [q, k, v] = [project(first, 'q_proj'), project(all, 'k_proj'), project(all, 'v_proj')];
  const pooled = attend(scope, q, k, v, conventions.poolHeads, width);
  return layerNorm(scope, linear(scope, pooled, `${ID}.proj`), `${ID}.norm2`);
}
