import type { Net } from '../../topology/net.ts';
import type { GraphInput } from './compiled.ts';
import type { Value } from './graph.ts';
import { type Declare, layerNorm, linear, perPicture, type Scope } from './layers.ts';

const ID = 'encoder_hid_proj';

/** The text as it is given, [b·s, width] rows; undefined in nets that read none. */
export interface GivenText {
  readonly rows: Value;
  readonly width: number;
}

/** Declares the text that the net is fed. Asked for twice it is still one input. */
export function givenText(scope: Scope, net: Net, declare: Declare): GivenText | undefined {
  const { graph, weights } = scope;
  const projected = [ID, `${ID}.text_proj`].find((path) => weights.has(`${path}.weight`));
  const onlyImage = projected === undefined && weights.has(`${ID}.image_embeds.weight`);
  const width =
    projected === undefined
      ? net.conditioning.crossAttentionDim?.value
      : weights.shape(`${projected}.weight`)[1];
  if (width === undefined || onlyImage) return undefined;
  const text = declare({ name: 'encoder_hidden_states', type: 'FLOAT', dims: ['batch', 'tokens', width] });
  return { rows: graph.node('Reshape', [text, graph.ints([-1, width])]), width };
}

/** The embedding of an image, of the width that a linear layer reads. */
export function imageEmbeds({ weights }: Scope, layer: string): GraphInput {
  const width = weights.shape(`${layer}.weight`)[1] ?? 0;
  return { name: 'image_embeds', type: 'FLOAT', dims: ['batch', width] };
}

/**
 * What cross-attention reads, as [b·s, w] rows: the text, brought to that width where the net has a projection for it;
 * tokens made of an image's embedding (Kandinsky 2.2); or those and the text behind them (Kandinsky 2.1).
 */
export function textRows(scope: Scope, net: Net, declare: Declare): Value | undefined {
  const { graph, weights } = scope;
  graph.enter(ID);
  const width = net.conditioning.crossAttentionDim?.value;
  if (width === undefined) return undefined;
  const given = givenText(scope, net, declare);
  if (!weights.has(`${ID}.image_embeds.weight`)) {
    if (given === undefined || !weights.has(`${ID}.weight`)) return given?.rows;
    return linear(scope, given.rows, ID);
  }
  const image = linear(scope, declare(imageEmbeds(scope, `${ID}.image_embeds`)), `${ID}.image_embeds`);
  const tokens = graph.node('Reshape', [image, graph.ints([-1, width])]);
  const normal = weights.has(`${ID}.norm.weight`) ? layerNorm(scope, tokens, `${ID}.norm`) : tokens;
  if (given === undefined) return normal;
  const text = perPicture(scope, linear(scope, given.rows, `${ID}.text_proj`), width);
  const both = graph.node('Concat', [perPicture(scope, normal, width), text], { axis: { int: 1 } });
  return graph.node('Reshape', [both, graph.ints([-1, width])]);
}
