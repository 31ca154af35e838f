import type { Block } from '../../topology/net.ts';
import type { Conditions } from './embeddings.ts';
import type { Value } from './graph.ts';
import {
  attend,
  averagePool,
  conv,
  fromTokens,
  groupNorm,
  layerNorm,
  linear,
  perPicture,
  projection,
  type Scope,
  silu,
  toTokens,
  upsampleNearest,
} from './layers.ts';
import { UnsupportedNetError } from './unsupported.ts';

/** Of the norm in front of a transformer. Sources: LDM attention.py `Normalize`; diffusers Transformer2DModel. */
const TRANSFORMER_NORM_EPS = 1e-6;

/** Adds a block that reads the latent x [b, c, h, w]. */
export function block(scope: Scope, each: Block, x: Value, conditions: Conditions): Value {
  scope.graph.enter(each.id);
  switch (each.kind) {
    case 'resnet':
      return resnet(scope, each.id, x, conditions);
    case 'transformer':
      return transformer(scope, each, x, conditions);
    case 'attention':
      return pixelAttention(scope, each, x, conditions);
    case 'downsample':
    case 'upsample':
      return sampler(scope, each, x, conditions);
    case 'conv':
      return conv(scope, x, each.id);
    case 'embedding':
      throw new UnsupportedNetError(`${each.id} stands among the blocks that read the latent`);
  }
}

/** The last norm and convolution. */
export function head(scope: Scope, x: Value): Value {
  scope.graph.enter('conv_out');
  const normal = groupNorm(scope, x, 'conv_norm_out', scope.conventions.normEps);
  return conv(scope, silu(scope, normal), 'conv_out');
}

type Resample = (scope: Scope, x: Value) => Value;

/**
 * diffusers ResnetBlock2D, LDM and guided-diffusion ResBlock: norm, SiLU, convolution, the time embedding (added, or
 * as scale and shift of the second norm), norm, SiLU, convolution, and the input beside it. Where it resamples,
 * both ways are resampled after the first SiLU.
 */
function resnet(scope: Scope, id: string, x: Value, { embedding }: Conditions, resample?: Resample): Value {
  const { graph, weights, conventions } = scope;
  const way = resample === undefined ? (value: Value) => value : (value: Value) => resample(scope, value);
  const first = way(silu(scope, groupNorm(scope, x, `${id}.norm1`, conventions.normEps)));
  const inner = conv(scope, first, `${id}.conv1`);
  const second = silu(scope, timed(scope, id, inner, embedding));
  const out = conv(scope, second, `${id}.conv2`);
  const beside = way(x);
  const [to, from] = weights.shape(`${id}.conv1.weight`);
  const keepsWidth = to === from && !weights.has(`${id}.conv_shortcut.weight`);
  const shortcut = keepsWidth ? beside : conv(scope, beside, `${id}.conv_shortcut`);
  return graph.node('Add', [shortcut, out]);
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

function sampler(scope: Scope, { id, kind }: Block, x: Value, conditions: Conditions): Value {
  const down = kind === 'downsample';
  if (scope.weights.has(`${id}.conv1.weight`)) {
    return resnet(scope, id, x, conditions, down ? averagePool : upsampleNearest);
  }
  return down ? conv(scope, x, `${id}.conv`, 2) : conv(scope, upsampleNearest(scope, x), `${id}.conv`);
}

/** Heads are a fact of the IR; a width that they do not divide has been read wrong. */
function headsOf({ id, attention }: Block, width: number): number {
  const heads = attention?.heads?.value;
  if (heads === undefined) throw new UnsupportedNetError(`nothing says how many heads ${id} has`);
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new UnsupportedNetError(`${id} is ${width} wide, which ${heads} heads do not divide`);
  }
  return heads;
}

/** diffusers Transformer2DModel, LDM SpatialTransformer. */
function transformer(scope: Scope, each: Block, x: Value, conditions: Conditions): Value {
  const { graph } = scope;
  const { id, attention } = each;
  const normal = groupNorm(scope, x, `${id}.norm`, TRANSFORMER_NORM_EPS);
  const { rows, shape } = toTokens(scope, normal, each.inChannels);
  let tokens = linear(scope, rows, `${id}.proj_in`);
  for (let index = 0; index < (attention?.depth ?? 0); index += 1) {
    const path = `${id}.transformer_blocks.${index}`;
    const reads = attention?.onlyCrossAttention === true ? textOf(each, conditions) : undefined;
    tokens = residual(scope, tokens, `${path}.norm1`, (normal) =>
      headed(scope, each, `${path}.attn1`, normal, reads ?? normal),
    );
    tokens = residual(scope, tokens, `${path}.norm2`, (normal) =>
      headed(scope, each, `${path}.attn2`, normal, textOf(each, conditions)),
    );
    tokens = residual(scope, tokens, `${path}.norm3`, (normal) => feedForward(scope, `${path}.ff`, normal));
  }
  const out = fromTokens(scope, linear(scope, tokens, `${id}.proj_out`), shape);
  return graph.node('Add', [out, x]);
}

function residual(scope: Scope, tokens: Value, norm: string, inner: (normal: Value) => Value): Value {
  return scope.graph.node('Add', [inner(layerNorm(scope, tokens, norm)), tokens]);
}

function textOf({ id }: Block, { text }: Conditions): Value {
  if (text === undefined) throw new UnsupportedNetError(`${id} reads a text and the net has none`);
  return text;
}

/** Attention of [tokens, c] rows to other rows. */
function headed(scope: Scope, each: Block, path: string, rows: Value, others: Value): Value {
  const width = scope.weights.shape(`${path}.to_q.weight`)[0] ?? 0;
  const [q, k, v] = [
    perPicture(scope, projection(scope, rows, `${path}.to_q`), width),
    perPicture(scope, projection(scope, others, `${path}.to_k`), width),
    perPicture(scope, projection(scope, others, `${path}.to_v`), width),
  ];
  return linear(scope, attend(scope, q, k, v, headsOf(each, width), width), `${path}.to_out.0`);
}

/** GEGLU: one half of the width, gated by the GELU of the other; then back to the tokens' width. */
function feedForward(scope: Scope, path: string, rows: Value): Value {
  const { graph, weights } = scope;
  const [wide, inner] = [
    weights.shape(`${path}.net.0.proj.weight`)[0],
    weights.shape(`${path}.net.2.weight`)[1],
  ];
  if (wide !== 2 * (inner ?? 0))
    throw new UnsupportedNetError(`${path} has no gate, which is not computed here`);
  const both = linear(scope, rows, `${path}.net.0.proj`);
  const [value, gate] = graph.nodes('Split', [both], 2, { axis: { int: 1 }, num_outputs: { int: 2 } });
  const product = graph.node('Mul', [value as Value, graph.node('Gelu', [gate as Value])]);
  return linear(scope, product, `${path}.net.2`);
}

/** Attention over pixels with a group norm: UNet2DModel, guided-diffusion, Kandinsky (which reads a text too). */
function pixelAttention(scope: Scope, each: Block, x: Value, conditions: Conditions): Value {
  const { graph, weights, conventions } = scope;
  const { id, inChannels } = each;
  for (const leaf of ['norm_cross', 'add_kv_proj']) {
    if (weights.has(`${id}.${leaf}.weight`)) {
      throw new UnsupportedNetError(`${id} reads a text through ${leaf}, which is not computed here`);
    }
  }
  const normal = groupNorm(scope, x, `${id}.group_norm`, conventions.normEps);
  const { rows, shape } = toTokens(scope, normal, inChannels);
  const fused = weights.has(`${id}.to_qkv.weight`);
  const { width, q, k, v } = fused ? apart(scope, each, rows) : separate(scope, each, rows, conditions);
  const attended = attend(scope, q, k, v, headsOf(each, width), width);
  return graph.node('Add', [fromTokens(scope, linear(scope, attended, `${id}.to_out.0`), shape), x]);
}

/** Queries of [b, n, width], keys and values of [b, s, width]. */
interface Projected {
  readonly width: number;
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
}

/** A tensor for each; where the text is read too, its keys and values stand before the pixels' own. */
function separate(scope: Scope, each: Block, rows: Value, conditions: Conditions): Projected {
  const { graph, weights } = scope;
  const { id } = each;
  const width = weights.shape(`${id}.to_q.weight`)[0] ?? 0;
  const project = (name: string, of: Value): Value =>
    perPicture(scope, projection(scope, of, `${id}.${name}`), width);
  const [q, k, v] = [project('to_q', rows), project('to_k', rows), project('to_v', rows)];
  if (!weights.has(`${id}.add_k_proj.weight`)) return { width, q, k, v };
  const text = textOf(each, conditions);
  const behind = (name: string, own: Value): Value =>
    graph.node('Concat', [project(name, text), own], { axis: { int: 1 } });
  return { width, q, k: behind('add_k_proj', k), v: behind('add_v_proj', v) };
}

/**
 * One tensor for all three: each head has its queries, keys and values side by side.
 * Source: openai guided-diffusion `QKVAttentionLegacy`, the order of every released net.
 */
function apart(scope: Scope, each: Block, rows: Value): Projected {
  const { graph, weights } = scope;
  const width = (weights.shape(`${each.id}.to_qkv.weight`)[0] ?? 0) / 3;
  const heads = headsOf(each, width);
  const fused = linear(scope, rows, `${each.id}.to_qkv`);
  const cut = graph.node('Reshape', [fused, graph.ints([-1, heads, 3, width / heads])]);
  const parts = graph.nodes('Split', [cut], 3, { axis: { int: 2 }, num_outputs: { int: 3 } });
  const [q, k, v] = parts.map((part) =>
    perPicture(scope, graph.node('Reshape', [part, graph.ints([-1, width])]), width),
  ) as [Value, Value, Value];
  return { width, q, k, v };
}
