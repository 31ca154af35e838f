import type { Component } from '../../components/component.ts';
import type { TextModel } from '../../components/model.ts';
import { isJsonObject, type JsonValue } from '../../formats/json.ts';
import type { CompiledGraph, GraphInput } from './compiled.ts';
import { GraphBuilder, type Value } from './graph.ts';
import { attend, layerNorm, linear, perPicture, projection, type RowScope } from './layers.ts';
import { checkConfig, checkSound, countIn, declare, finish, type PartOptions } from './part.ts';
import { UnsupportedNetError } from './unsupported.ts';
import { Weights } from './weights.ts';

export interface TextOptions extends PartOptions {
  /** Layers left out from the end: 0 gives the last hidden state, 1 the penultimate. */
  readonly skip: number;
  /** Whether `final_layer_norm` is applied to the hidden states. The pooled text always has it. */
  readonly finalNorm: boolean;
}

/** Width of a head where no config says: that of every CLIP text tower in use. */
const HEAD_WIDTH = 64;

/** `x·σ(1.702x)` of OpenAI's CLIP; the exact GELU of OpenCLIP; transformers' name for tanh's approximation of it. */
type TextActivation = 'quick_gelu' | 'gelu' | 'gelu_pytorch_tanh';
const ACTIVATIONS: readonly TextActivation[] = ['quick_gelu', 'gelu', 'gelu_pytorch_tanh'];

/** Source: openai/CLIP model.py `QuickGELU`. */
const QUICK_GELU_SLOPE = 1.702;

/** Added to the scores of tokens that stand behind: far enough for their weight to be exactly 0. */
const MASKED = -1e9;

/**
 * Compiles a CLIP text encoder: `input_ids` [batch, tokens] and `eos_index` [batch], int64 both, to `hidden_states`
 * [batch, tokens, width] and `pooled` [batch, width], the last layer's state of the token at `eos_index` behind the
 * final norm; through the text projection to [batch, projection_dim] where the file has one. Each token sees itself
 * and those before it. There can be as many tokens as the file has positions; 77 everywhere.
 *
 * Whether `skip` and `finalNorm` are right for a net is not in the file: see `textReading`. Where a file lacks its last
 * layers, `pooled` is not what the projection was trained on.
 * Sources: transformers `modeling_clip.py`; open_clip `transformer.py`.
 * @throws {UnsupportedNetError} for encoders other than CLIP, when `skip` leaves no layer, and where something is
 *   missing, of the wrong shape or not computed here.
 */
export function compileTextEncoder(encoder: Component, options: TextOptions): CompiledGraph {
  const { model, title, id } = encoder;
  if (model?.kind !== 'clip-text') throw new UnsupportedNetError(`${title}: it is not run`);
  const { layers } = model;
  const { skip, finalNorm, files } = options;
  if (!Number.isInteger(skip) || skip < 0 || skip >= layers) {
    throw new UnsupportedNetError(`of ${layers} layers ${skip} cannot be left out`);
  }
  checkSound(model, isRead);
  const tower = towerOf(id, model, options.config);

  const graph = new GraphBuilder();
  const weights = new Weights(graph, model.tensors, files, options);
  const ids: GraphInput = { name: 'input_ids', type: 'INT64', dims: ['batch', 'tokens'] };
  const eos: GraphInput = { name: 'eos_index', type: 'INT64', dims: ['batch'] };
  const { x: inputIds, batch } = declare(graph, ids);
  const eosIndex = graph.input(eos.name, eos.type, eos.dims);
  const scope: RowScope = { graph, weights, batch };

  graph.enter('embeddings');
  const tokens = graph.node('Shape', [inputIds], { start: { int: 1 }, end: { int: 2 } });
  const mask = causalMask(scope, tokens);
  let x = embeddings(scope, inputIds, tokens, tower.width);
  let chosen = x;
  for (let index = 0; index < layers; index += 1) {
    x = layer(scope, tower, x, `encoder.layers.${index}`, mask);
    if (index === layers - 1 - skip) chosen = x;
  }
  graph.enter('final_layer_norm');
  const last = layerNorm(scope, x, 'final_layer_norm');
  const normal = skip === 0 ? last : layerNorm(scope, chosen, 'final_layer_norm');
  const hidden = perPicture(scope, finalNorm ? normal : chosen, tower.width);
  const pooled = pool(scope, perPicture(scope, last, tower.width), eosIndex);
  return finish(
    scope,
    id,
    [ids, eos],
    [
      [hidden, 'hidden_states', ['batch', 'tokens', tower.width]],
      [pooled, 'pooled', ['batch', model.projection ?? tower.width]],
    ],
  );
}

/** Position ids, the mask and the scale of the logits are buffers that nothing here reads. */
function isRead(name: string): boolean {
  return /^(?:embeddings\.(?:token|position)_embedding|encoder\.layers|final_layer_norm|text_projection)(?:\.|$)/.test(
    name,
  );
}

interface Tower {
  readonly width: number;
  readonly heads: number;
  readonly activation: TextActivation;
}

/** What the tower computes: its config's word, else what all runtimes assume of an encoder of its shape. */
function towerOf(id: string, model: TextModel, whole: JsonValue | undefined): Tower {
  const config = textConfig(whole);
  checkConfig(
    config,
    new Map<string, readonly JsonValue[]>([
      ['hidden_act', ACTIVATIONS],
      ['layer_norm_eps', [1e-5]],
    ]),
  );
  const width = model.hidden ?? 0;
  const heads = countIn(config, 'num_attention_heads') ?? width / HEAD_WIDTH;
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new UnsupportedNetError(`nothing says how many heads a text encoder ${width} wide has`);
  }
  const said = isJsonObject(config) ? config.get('hidden_act') : undefined;
  const activation = ACTIVATIONS.find((each) => each === said) ?? usualActivation(id, model.layout);
  return { width, heads, activation };
}

/** A whole CLIP's config has that of its text half inside. */
function textConfig(config: JsonValue | undefined): JsonValue | undefined {
  const inner = isJsonObject(config) ? config.get('text_config') : undefined;
  return isJsonObject(inner) ? inner : config;
}

/**
 * Of CLIP-L that of OpenAI's weights, of H and bigG that of OpenCLIP's, in both layouts; of others the default of the
 * library whose layout it is. Sources: config.json of openai/clip-vit-large-patch14 (quick_gelu) and of
 * stable-diffusion-2's text encoder (gelu); transformers `CLIPTextConfig`; open_clip `CLIP` (`quick_gelu=False`).
 */
function usualActivation(id: string, layout: TextModel['layout']): TextActivation {
  if (id === 'clip-l') return 'quick_gelu';
  return id === 'custom' && layout === 'transformers' ? 'quick_gelu' : 'gelu';
}

/** float32 [1, 1, tokens, tokens]: 0 where a token may look, far below where the other stands behind it. */
function causalMask({ graph }: RowScope, tokens: Value): Value {
  const square = graph.node('Concat', [graph.ints([1, 1]), tokens, tokens], { axis: { int: 0 } });
  const everywhere = graph.node('Expand', [graph.floats([MASKED]), square]);
  return graph.node('Trilu', [everywhere, graph.ints([1])], { upper: { int: 1 } });
}

/** Rows [b·tokens, width]. */
function embeddings({ graph, weights }: RowScope, ids: Value, tokens: Value, width: number): Value {
  const words = graph.node('Gather', [weights.value('embeddings.token_embedding.weight'), ids]);
  const positions = weights.value('embeddings.position_embedding.weight');
  const first = graph.node('Slice', [positions, graph.ints([0]), tokens, graph.ints([0])]);
  return graph.node('Reshape', [graph.node('Add', [words, first]), graph.ints([-1, width])]);
}

function layer(scope: RowScope, tower: Tower, x: Value, id: string, mask: Value): Value {
  const { graph } = scope;
  graph.enter(id);
  const read = layerNorm(scope, x, `${id}.layer_norm1`);
  const [q, k, v] = project(scope, read, `${id}.self_attn`).map((rows) =>
    perPicture(scope, rows, tower.width),
  ) as [Value, Value, Value];
  const attended = attend(scope, q, k, v, tower.heads, tower.width, mask);
  const seen = graph.node('Add', [x, linear(scope, attended, `${id}.self_attn.out_proj`)]);
  const wide = linear(scope, layerNorm(scope, seen, `${id}.layer_norm2`), `${id}.mlp.fc1`);
  return graph.node('Add', [seen, linear(scope, gelu(scope, wide, tower.activation), `${id}.mlp.fc2`)]);
}

/** Queries, keys and values, which OpenCLIP has stacked in one tensor in this order. */
function project(scope: RowScope, x: Value, id: string): readonly Value[] {
  const { graph, weights } = scope;
  if (!weights.has(`${id}.in_proj.weight`)) {
    return ['q_proj', 'k_proj', 'v_proj'].map((name) => linear(scope, x, `${id}.${name}`));
  }
  const all = linear(scope, x, `${id}.in_proj`);
  return graph.nodes('Split', [all], 3, { axis: { int: 1 }, num_outputs: { int: 3 } });
}

function gelu({ graph }: RowScope, x: Value, activation: TextActivation): Value {
  if (activation === 'gelu') return graph.node('Gelu', [x]);
  if (activation === 'gelu_pytorch_tanh') return graph.node('Gelu', [x], { approximate: { string: 'tanh' } });
  const steep = graph.node('Mul', [x, graph.floats([QUICK_GELU_SLOPE])]);
  return graph.node('Mul', [x, graph.node('Sigmoid', [steep])]);
}

/** The state at each text's own index, projected where the file can: [b, n, c] to [b, c]. */
function pool(scope: RowScope, states: Value, index: Value): Value {
  const { graph, weights } = scope;
  graph.enter('pooled');
  const where = graph.node('Unsqueeze', [index, graph.ints([1])]);
  const state = graph.node('GatherND', [states, where], { batch_dims: { int: 1 } });
  if (weights.has('text_projection.weight')) return projection(scope, state, 'text_projection');
  if (!weights.has('text_projection')) return state;
  return graph.node('Gemm', [state, weights.value('text_projection')]);
}
