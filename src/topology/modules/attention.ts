import { type Axis, type Blueprint, type Width, multiple } from '../blueprint.ts';
import type { SharedWidths, Traits } from './traits.ts';
import type { Ends } from './resnet.ts';

/** Attention over pixels with a group norm: unconditional nets, guided-diffusion, Kandinsky, DeepFloyd IF. */
export function attention(blueprint: Blueprint, id: string, shared: SharedWidths, traits: Traits): Ends {
  const channels = blueprint.width();
  blueprint.expectWithBias(id, 'group_norm', [channels]);
  if (traits.fusedAttention) {
    blueprint.expectWithBias(id, 'to_qkv', [multiple(channels, 3), channels, 1]);
    if (traits.addedKeys)
      blueprint.expectWithBias(id, 'add_kv_proj', [multiple(channels, 2), shared.text, 1]);
    if (traits.normCross) blueprint.expectWithBias(id, 'norm_cross', [shared.text]);
    blueprint.expectWithBias(id, 'to_out.0', [channels, channels, 1]);
  } else {
    const inner = blueprint.width();
    const own = traits.ownKeys ? ['to_q', 'to_k', 'to_v'] : ['to_q'];
    for (const name of own) projection(blueprint, id, name, [inner, channels], traits.attentionBias);
    if (traits.addedKeys) {
      for (const name of ['add_k_proj', 'add_v_proj']) {
        projection(blueprint, id, name, [inner, shared.text], traits.attentionBias);
      }
    }
    if (traits.normCross) blueprint.expectWithBias(id, 'norm_cross', [shared.text]);
    blueprint.expectWithBias(id, 'to_out.0', [channels, inner]);
  }
  return { input: channels, output: channels };
}

function projection(
  blueprint: Blueprint,
  id: string,
  name: string,
  axes: readonly [Axis, Axis],
  bias: boolean,
): void {
  if (bias) blueprint.expectWithBias(id, name, axes);
  else blueprint.expect(id, `${name}.weight`, axes);
}

/**
 * diffusers Transformer2DModel, LDM SpatialTransformer; in video nets a TransformerSpatioTemporalModel.
 * `onlyCross`: the first attention reads the text too.
 */
export function transformer(
  blueprint: Blueprint,
  id: string,
  depth: number,
  onlyCross: boolean,
  shared: SharedWidths,
  traits: Traits,
): Ends {
  const channels = blueprint.width();
  const tokens = blueprint.width();
  const point = traits.linearProjection ? [] : [1, 1];
  blueprint.expectWithBias(id, 'norm', [channels]);
  blueprint.expectWithBias(id, 'proj_in', [tokens, channels, ...point]);
  for (let index = 0; index < depth; index += 1) {
    const path = `transformer_blocks.${index}.`;
    transformerBlock(blueprint, id, path, tokens, onlyCross ? shared.text : tokens, shared.text, traits);
  }
  if (traits.video) temporal(blueprint, id, depth, channels, tokens, shared, traits);
  blueprint.expectWithBias(id, 'proj_out', [channels, tokens, ...point]);
  return { input: channels, output: channels };
}

function temporal(
  blueprint: Blueprint,
  id: string,
  depth: number,
  channels: Width,
  tokens: Width,
  shared: SharedWidths,
  traits: Traits,
): void {
  for (let index = 0; index < depth; index += 1) {
    const path = `temporal_transformer_blocks.${index}.`;
    blueprint.expectWithBias(id, `${path}norm_in`, [tokens]);
    feedForward(blueprint, id, `${path}ff_in.`, tokens, traits);
    transformerBlock(blueprint, id, path, tokens, tokens, shared.text, traits);
  }
  blueprint.expectWithBias(id, 'time_pos_embed.linear_1', [multiple(channels, 4), channels]);
  blueprint.expectWithBias(id, 'time_pos_embed.linear_2', [channels, multiple(channels, 4)]);
  blueprint.expect(id, 'time_mixer.mix_factor', [1]);
}

function transformerBlock(
  blueprint: Blueprint,
  id: string,
  path: string,
  tokens: Width,
  keys: Width,
  text: Width,
  traits: Traits,
): void {
  blueprint.expectWithBias(id, `${path}norm1`, [tokens]);
  heads(blueprint, id, `${path}attn1.`, tokens, keys, traits);
  if (traits.crossAttention) {
    blueprint.expectWithBias(id, `${path}norm2`, [tokens]);
    heads(blueprint, id, `${path}attn2.`, tokens, text, traits);
  }
  blueprint.expectWithBias(id, `${path}norm3`, [tokens]);
  feedForward(blueprint, id, `${path}ff.`, tokens, traits);
}

function heads(
  blueprint: Blueprint,
  id: string,
  path: string,
  tokens: Width,
  keys: Width,
  traits: Traits,
): void {
  const inner = blueprint.width();
  projection(blueprint, id, `${path}to_q`, [inner, tokens], traits.transformerBias);
  projection(blueprint, id, `${path}to_k`, [inner, keys], traits.transformerBias);
  projection(blueprint, id, `${path}to_v`, [inner, keys], traits.transformerBias);
  blueprint.expectWithBias(id, `${path}to_out.0`, [tokens, inner]);
}

function feedForward(blueprint: Blueprint, id: string, path: string, tokens: Width, traits: Traits): void {
  const inner = blueprint.width();
  blueprint.expectWithBias(id, `${path}net.0.proj`, [multiple(inner, traits.feedForwardGate), tokens]);
  blueprint.expectWithBias(id, `${path}net.2`, [tokens, inner]);
}
