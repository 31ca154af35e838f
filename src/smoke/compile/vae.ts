import type { Component } from '../../components/component.ts';
import type { AutoencoderPlan } from '../../components/model.ts';
import { isJsonArray, isJsonObject, type JsonValue } from '../../formats/json.ts';
import type { CompiledGraph, GraphInput } from './compiled.ts';
import { GraphBuilder, type Value } from './graph.ts';
import {
  attend,
  conv,
  fromTokens,
  groupNorm,
  linear,
  perPicture,
  type PixelScope,
  silu,
  toTokens,
  upsampleNearest,
} from './layers.ts';
import { checkConfig, checkSound, countIn, declare, finish, type PartOptions } from './part.ts';
import { UnsupportedNetError } from './unsupported.ts';
import { Weights } from './weights.ts';

/** Of every group norm. Sources: LDM model.py `Normalize`; diffusers vae.py `Encoder` and `Decoder`. */
const NORM_EPS = 1e-6;

/** Groups of every norm where no config says otherwise: LDM's only value, and diffusers' default. */
const NORM_GROUPS = 32;

/** Zeros before the picture where it is halved; behind it there is a row and a column. LDM model.py `Downsample`. */
const DOWNSAMPLE_PADDING = 0;

/** What the logarithm of the variance is clamped to. Source: `DiagonalGaussianDistribution`, LDM and diffusers. */
const LOGVAR_RANGE = [-30, 20] as const;

const COMPUTED_BLOCKS: ReadonlySet<JsonValue> = new Set([
  'DownEncoderBlock2D',
  'AttnDownEncoderBlock2D',
  'UpDecoderBlock2D',
  'AttnUpDecoderBlock2D',
]);

type Side = 'encoder' | 'decoder';

/**
 * Compiles the decoder of an AutoencoderKL: `latent` [batch, latent channels, height, width], already divided by the
 * scaling factor, to `picture` [batch, 3, picture_height, picture_width], about -1 to 1 and not clamped. Every level but
 * the deepest doubles height and width.
 * @throws {UnsupportedNetError} for other autoencoders, for a file without a decoder, and where something is missing,
 *   of the wrong shape or not computed here.
 */
export function compileDecoder(vae: Component, options: PartOptions): CompiledGraph {
  const { plan, graph, weights } = begin(vae, options, 'decoder', 'post_quant_conv');
  const entry = plan.postQuantConv ? 'post_quant_conv' : 'decoder.conv_in';
  const channels = weights.shape(`${entry}.weight`)[1] ?? 0;
  const latent: GraphInput = { name: 'latent', type: 'FLOAT', dims: ['batch', channels, 'height', 'width'] };
  const { x: input, batch } = declare(graph, latent);
  const scope = scopeOf({ graph, weights, batch }, options);
  let x = plan.postQuantConv ? convAt(scope, input, 'post_quant_conv') : input;
  x = middle(scope, plan, convAt(scope, x, 'decoder.conv_in'), 'decoder');
  for (let up = 0; up < plan.levels; up += 1) {
    const depth = plan.levels - 1 - up;
    const id = `decoder.up_blocks.${up}`;
    x = level(scope, x, id, plan.resnets + 1, plan.attentionLevels.has(depth));
    if (depth > 0) x = convAt(scope, upsampleNearest(scope, x), `${id}.upsamplers.0.conv`);
  }
  const picture = head(scope, x, 'decoder');
  const out = weights.shape('decoder.conv_out.weight')[0] ?? 0;
  const dims = ['batch', out, 'picture_height', 'picture_width'];
  return finish(scope, 'vae decoder', [latent], [[picture, 'picture', dims]]);
}

/**
 * Compiles the encoder of an AutoencoderKL: `picture` [batch, 3, height, width], -1 to 1, to `mean` and `logvar`
 * [batch, latent channels, latent_height, latent_width] of the latent, not yet multiplied by the scaling factor; the
 * logarithm of the variance is clamped to -30 … 20. Height and width must be multiples of the graph's `divisor`.
 * @throws {UnsupportedNetError} as `compileDecoder` does.
 */
export function compileEncoder(vae: Component, options: PartOptions): CompiledGraph {
  const { plan, graph, weights } = begin(vae, options, 'encoder', 'quant_conv');
  const channels = weights.shape('encoder.conv_in.weight')[1] ?? 0;
  const picture: GraphInput = {
    name: 'picture',
    type: 'FLOAT',
    dims: ['batch', channels, 'height', 'width'],
  };
  const { x: input, batch } = declare(graph, picture);
  const scope = scopeOf({ graph, weights, batch }, options);
  let x = convAt(scope, input, 'encoder.conv_in');
  for (let down = 0; down < plan.levels; down += 1) {
    const id = `encoder.down_blocks.${down}`;
    x = level(scope, x, id, plan.resnets, plan.attentionLevels.has(down));
    if (down < plan.levels - 1) x = convAt(scope, x, `${id}.downsamplers.0.conv`, 2);
  }
  x = head(scope, middle(scope, plan, x, 'encoder'), 'encoder');
  if (plan.quantConv) x = convAt(scope, x, 'quant_conv');
  const both = weights.shape(`${plan.quantConv ? 'quant_conv' : 'encoder.conv_out'}.weight`)[0] ?? 0;
  const [mean, spread] = graph.nodes('Split', [x], 2, { axis: { int: 1 }, num_outputs: { int: 2 } });
  const range = LOGVAR_RANGE.map((bound) => graph.floats([bound], []));
  const logvar = graph.node('Clip', [spread as Value, ...range]);
  const dims = ['batch', both / 2, 'latent_height', 'latent_width'];
  const outputs = [[mean as Value, 'mean', dims] as const, [logvar, 'logvar', dims] as const];
  return finish(scope, 'vae encoder', [picture], outputs, 2 ** (plan.levels - 1));
}

/** Refuses what is not computed; then an empty graph over the tensors of the autoencoder. */
function begin(
  { model, title }: Component,
  options: PartOptions,
  side: Side,
  quant: string,
): { readonly plan: AutoencoderPlan; readonly graph: GraphBuilder; readonly weights: Weights } {
  if (model?.kind !== 'autoencoder-kl') throw new UnsupportedNetError(`${title}: it is not run`);
  const { plan } = model;
  if (!plan[side]) throw new UnsupportedNetError(`the autoencoder has no ${side}`);
  checkSound(model, (name) => name.startsWith(`${side}.`) || name.startsWith(`${quant}.`));
  checkConfig(options.config, new Map([['act_fn', ['silu', 'swish']]]));
  checkBlocks(options.config, 'down_block_types');
  checkBlocks(options.config, 'up_block_types');
  const graph = new GraphBuilder();
  return { plan, graph, weights: new Weights(graph, model.tensors, options.files, options) };
}

function checkBlocks(config: JsonValue | undefined, key: string): void {
  const types = isJsonObject(config) ? config.get(key) : undefined;
  const other = isJsonArray(types) ? types.find((type) => !COMPUTED_BLOCKS.has(type)) : undefined;
  if (other === undefined) return;
  throw new UnsupportedNetError(
    `its config has ${JSON.stringify(other)} in ${key}, which is not computed here`,
  );
}

function scopeOf(base: Omit<PixelScope, 'conventions'>, { config }: PartOptions): PixelScope {
  const normGroups = countIn(config, 'norm_num_groups') ?? NORM_GROUPS;
  return { ...base, conventions: { normGroups, downsamplePadding: DOWNSAMPLE_PADDING } };
}

function convAt(scope: PixelScope, x: Value, id: string, stride: 1 | 2 = 1): Value {
  scope.graph.enter(id);
  return conv(scope, x, id, stride);
}

function norm(scope: PixelScope, x: Value, name: string): Value {
  const channels = scope.weights.shape(`${name}.weight`)[0] ?? 0;
  const groups = scope.conventions.normGroups;
  if (channels % groups !== 0) {
    throw new UnsupportedNetError(`${name} has ${channels} channels, which ${groups} groups do not divide`);
  }
  return groupNorm(scope, x, name, NORM_EPS);
}

/** The resnets of a level, each with an attention behind it where the level has them. */
function level(scope: PixelScope, x: Value, id: string, resnets: number, attentions: boolean): Value {
  let out = x;
  for (let index = 0; index < resnets; index += 1) {
    out = resnet(scope, out, `${id}.resnets.${index}`);
    if (attentions) out = attention(scope, out, `${id}.attentions.${index}`);
  }
  return out;
}

function middle(scope: PixelScope, { middleAttention }: AutoencoderPlan, x: Value, side: Side): Value {
  const id = `${side}.mid_block`;
  const first = resnet(scope, x, `${id}.resnets.0`);
  const between = middleAttention ? attention(scope, first, `${id}.attentions.0`) : first;
  return resnet(scope, between, `${id}.resnets.1`);
}

function head(scope: PixelScope, x: Value, side: Side): Value {
  scope.graph.enter(`${side}.conv_out`);
  return conv(scope, silu(scope, norm(scope, x, `${side}.conv_norm_out`)), `${side}.conv_out`);
}

/** LDM model.py `ResnetBlock` without a time embedding. */
function resnet(scope: PixelScope, x: Value, id: string): Value {
  const { graph, weights } = scope;
  graph.enter(id);
  const inner = conv(scope, silu(scope, norm(scope, x, `${id}.norm1`)), `${id}.conv1`);
  const out = conv(scope, silu(scope, norm(scope, inner, `${id}.norm2`)), `${id}.conv2`);
  const [to, from] = weights.shape(`${id}.conv1.weight`);
  const keepsWidth = to === from && !weights.has(`${id}.conv_shortcut.weight`);
  return graph.node('Add', [keepsWidth ? x : conv(scope, x, `${id}.conv_shortcut`), out]);
}

/** One head over all pixels, as wide as the level. Sources: LDM model.py `AttnBlock`; diffusers `Encoder`, `Decoder`. */
function attention(scope: PixelScope, x: Value, id: string): Value {
  const { graph, weights } = scope;
  graph.enter(id);
  const width = weights.shape(`${id}.to_q.weight`)[0] ?? 0;
  const { rows, shape } = toTokens(scope, norm(scope, x, `${id}.group_norm`), width);
  const [q, k, v] = ['to_q', 'to_k', 'to_v'].map((name) =>
    perPicture(scope, linear(scope, rows, `${id}.${name}`), width),
  ) as [Value, Value, Value];
  const attended = linear(scope, attend(scope, q, k, v, 1, width), `${id}.to_out.0`);
  return graph.node('Add', [fromTokens(scope, attended, shape), x]);
}
