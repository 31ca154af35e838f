import type { Block } from '../../topology/net.ts';
import { headsOf, textOf } from './attention.ts';
import type { Conditions } from './embeddings.ts';
import type { Value } from './graph.ts';
import {
  attend,
  fromTokens,
  groupNorm,
  layerNorm,
  linear,
  perPicture,
  projection,
  type Scope,
  toTokens,
  withoutMoments,
} from './layers.ts';
import { UnsupportedNetError } from './unsupported.ts';

/** Of the norm in front of a transformer. Sources: LDM attention.py `Normalize`; diffusers Transformer2DModel. */
const TRANSFORMER_NORM_EPS = 1e-6;

/**
 * diffusers Transformer2DModel, LDM SpatialTransformer. It has a stream of its own, and what stands behind its attentions
 * fits what they wrote there whatever the transformer is given (in sound nets by up to 29 standard deviations better in
 * another's place), so moments are taken of what reads the picture up to the queries.
 */
export function transformer(scope: Scope, each: Block, x: Value, conditions: Conditions): Value {
  const { graph } = scope;
  const inner = withoutMoments(scope);
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
    tokens = residual(scope, tokens, `${path}.norm3`, (normal) => feedForward(inner, `${path}.ff`, normal));
  }
  const out = fromTokens(scope, linear(inner, tokens, `${id}.proj_out`), shape);
  return graph.node('Add', [out, x]);
}

function residual(scope: Scope, tokens: Value, norm: string, inner: (normal: Value) => Value): Value {
  return scope.graph.node('Add', [inner(layerNorm(scope, tokens, norm)), tokens]);
}

/** Attention of [tokens, c] rows to other rows. */
function headed(scope: Scope, each: Block, path: string, rows: Value, others: Value): Value {
  const width = scope.weights.shape(`${path}.to_q.weight`)[0] ?? 0;
  const [q, k, v] = [
    perPicture(scope, projection(scope, rows, `${path}.to_q`), width),
    perPicture(scope, projection(scope, others, `${path}.to_k`), width),
    perPicture(scope, projection(scope, others, `${path}.to_v`), width),
  ];
  const attended = attend(scope, q, k, v, headsOf(each, width), width);
  return linear(withoutMoments(scope), attended, `${path}.to_out.0`);
}

/**
 * Two linear layers. Where the first is twice as wide as the second reads, one half is gated by the GELU of the other
 * (GEGLU); where it is as wide, GELU stands between them (`gated_ff: false` in LDM, `activation_fn: gelu` in diffusers).
 */
function feedForward(scope: Scope, path: string, rows: Value): Value {
  const { graph, weights } = scope;
  const wide = weights.shape(`${path}.net.0.proj.weight`)[0] ?? 0;
  const inner = weights.shape(`${path}.net.2.weight`)[1] ?? 0;
  const first = linear(scope, rows, `${path}.net.0.proj`);
  if (wide === inner) return linear(scope, graph.node('Gelu', [first]), `${path}.net.2`);
  if (wide !== 2 * inner) {
    throw new UnsupportedNetError(`${path} is ${wide} wide where ${inner} or ${2 * inner} is read`);
  }
  const [value, gate] = graph.nodes('Split', [first], 2, { axis: { int: 1 }, num_outputs: { int: 2 } });
  const product = graph.node('Mul', [value as Value, graph.node('Gelu', [gate as Value])]);
  return linear(scope, product, `${path}.net.2`);
}
