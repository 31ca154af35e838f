import { activate } from './activations.ts';
import type { Value } from './graph.ts';
import { conv, type Declare, type PixelScope } from './layers.ts';
import type { Weights } from './weights.ts';

/**
 * A picture of hints (depth, edges) that is brought to the latent's size and read behind the latent's channels.
 * Source: diffusers ImageHintTimeEmbedding (Kandinsky 2.2 ControlNet): convolutions with SiLU between, three of which
 * halve the picture.
 */
const ID = 'add_embedding.input_hint_block';
const LAYERS = [0, 2, 4, 6, 8, 10, 12, 14] as const;
const HALVES: ReadonlySet<number> = new Set([4, 8, 12]);
const LAST = 14;

/** How many of the channels that the first convolution reads are hints; 0 in nets without. */
export function hintChannels(weights: Weights): number {
  return weights.has(`${ID}.${LAST}.weight`) ? (weights.shape(`${ID}.${LAST}.weight`)[0] ?? 0) : 0;
}

/** The sample with the hints behind it: `hint` is eight times as high and as wide. */
export function withHint(scope: PixelScope, sample: Value, declare: Declare): Value {
  const { graph, weights } = scope;
  if (hintChannels(weights) === 0) return sample;
  graph.enter(ID);
  const colours = weights.shape(`${ID}.0.weight`)[1] ?? 0;
  const dims = ['batch', colours, 'hint_height', 'hint_width'];
  const padded: PixelScope = { ...scope, conventions: { ...scope.conventions, downsamplePadding: 1 } };
  let x = declare({ name: 'hint', type: 'FLOAT', dims });
  for (const layer of LAYERS) {
    x = conv(padded, x, `${ID}.${layer}`, HALVES.has(layer) ? 2 : 1);
    if (layer !== LAST) x = activate(scope, x, 'silu');
  }
  return graph.node('Concat', [sample, x], { axis: { int: 1 } });
}
