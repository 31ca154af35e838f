import type { Block } from '../../topology/net.ts';
import type { Conditions } from './embeddings.ts';
import type { Value } from './graph.ts';
import {
  attend,
  fromTokens,
  groupNorm,
  linear,
  perPicture,
  projection,
  type Scope,
  toTokens,
  transposed,
} from './layers.ts';
import { UnsupportedNetError } from './unsupported.ts';

/**
 * Of the norms in an attention that reads a text beside the pixels, whatever the net's own: the default of diffusers'
 * Attention, and `normalization` in the code of Kandinsky and DeepFloyd IF.
 */
const TEXT_ATTENTION_EPS = 1e-5;

/** Heads are a fact of the IR; a width that they do not divide has been read wrong. */
export function headsOf({ id, attention }: Block, width: number): number {
  const heads = attention?.heads?.value;
  if (heads === undefined) throw new UnsupportedNetError(`nothing says how many heads ${id} has`);
  if (!Number.isInteger(heads) || heads < 1 || width % heads !== 0) {
    throw new UnsupportedNetError(`${id} is ${width} wide, which ${heads} heads do not divide`);
  }
  return heads;
}

/** The text that a block reads, as rows. */
export function textOf({ id }: Block, { text }: Conditions): Value {
  if (text === undefined) throw new UnsupportedNetError(`${id} reads a text and the net has none`);
  return text;
}

/**
 * Attention over pixels with a group norm, and the input beside it: UNet2DModel, guided-diffusion. In Kandinsky and
 * DeepFloyd IF the keys and values of a text stand before those of the pixels, or in their place.
 */
export function pixelAttention(scope: Scope, each: Block, x: Value, conditions: Conditions): Value {
  const { graph, weights, conventions } = scope;
  const { id, inChannels } = each;
  const fused = weights.has(`${id}.to_qkv.weight`);
  const readsText = weights.has(`${id}.${fused ? 'add_kv_proj' : 'add_k_proj'}.weight`);
  const eps = readsText ? TEXT_ATTENTION_EPS : conventions.normEps;
  const { rows, shape } = toTokens(scope, groupNorm(scope, x, `${id}.group_norm`, eps), inChannels);
  const text = readsText ? textRows(scope, each, conditions) : undefined;
  const { width, q, k, v } = fused ? apart(scope, each, rows, text) : separate(scope, each, rows, text);
  const attended = attend(scope, q, k, v, headsOf(each, width), width);
  return graph.node('Add', [fromTokens(scope, linear(scope, attended, `${id}.to_out.0`), shape), x]);
}

/** The text as rows, normalised over its tokens where the block does that: in groups of channels. */
function textRows(scope: Scope, each: Block, conditions: Conditions): Value {
  const { graph, weights } = scope;
  const norm = `${each.id}.norm_cross`;
  const rows = textOf(each, conditions);
  if (!weights.has(`${norm}.weight`)) return rows;
  const width = weights.shape(`${norm}.weight`)[0] ?? 0;
  const channelsFirst = transposed(scope, perPicture(scope, rows, width));
  const normal = transposed(scope, groupNorm(scope, channelsFirst, norm, TEXT_ATTENTION_EPS, 1));
  return graph.node('Reshape', [normal, graph.ints([-1, width])]);
}

/** Queries of [b, n, width], keys and values of [b, s, width]. */
interface Projected {
  readonly width: number;
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
}

/** A tensor for each. */
function separate(scope: Scope, { id }: Block, rows: Value, text: Value | undefined): Projected {
  const { weights } = scope;
  const width = weights.shape(`${id}.to_q.weight`)[0] ?? 0;
  const project = (name: string, of: Value): Value =>
    perPicture(scope, projection(scope, of, `${id}.${name}`), width);
  const both = (added: string, own: string): Value => {
    if (text === undefined) return project(own, rows);
    if (!weights.has(`${id}.${own}.weight`)) return project(added, text);
    return behind(scope, project(added, text), project(own, rows));
  };
  return { width, q: project('to_q', rows), k: both('add_k_proj', 'to_k'), v: both('add_v_proj', 'to_v') };
}

/**
 * One tensor for all three: each head has its queries, keys and values side by side. Likewise the text's keys and values.
 * Source: openai guided-diffusion `QKVAttentionLegacy`, the order of every released net; deep-floyd IF `QKVAttention`.
 */
function apart(scope: Scope, each: Block, rows: Value, text: Value | undefined): Projected {
  const width = (scope.weights.shape(`${each.id}.to_qkv.weight`)[0] ?? 0) / 3;
  const heads = headsOf(each, width);
  const cut = (of: Value, name: string, parts: number): readonly Value[] =>
    byHead(scope, linear(scope, of, `${each.id}.${name}`), heads, parts, width);
  const [q, k, v] = cut(rows, 'to_qkv', 3) as [Value, Value, Value];
  if (text === undefined) return { width, q, k, v };
  const [textK, textV] = cut(text, 'add_kv_proj', 2) as [Value, Value];
  return { width, q, k: behind(scope, textK, k), v: behind(scope, textV, v) };
}

/** Rows of [heads · parts · d] cut into `parts` values of [b, n, heads · d]. */
function byHead(scope: Scope, rows: Value, heads: number, parts: number, width: number): readonly Value[] {
  const { graph } = scope;
  const cut = graph.node('Reshape', [rows, graph.ints([-1, heads, parts, width / heads])]);
  return graph
    .nodes('Split', [cut], parts, { axis: { int: 2 }, num_outputs: { int: parts } })
    .map((part) => perPicture(scope, graph.node('Reshape', [part, graph.ints([-1, width])]), width));
}

/** What the pixels have behind what the text has. */
function behind({ graph }: Scope, text: Value, own: Value): Value {
  return graph.node('Concat', [text, own], { axis: { int: 1 } });
}
