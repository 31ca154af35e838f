import type { Block } from '../../topology/net.ts';
import { activate } from './activations.ts';
import { pixelAttention } from './attention.ts';
import type { Conditions } from './embeddings.ts';
import type { Value } from './graph.ts';
import { averagePool, conv, groupNorm, type Scope, upsampleNearest } from './layers.ts';
import { dividedBy, resnet } from './resnet.ts';
import { transformer } from './transformer.ts';
import { UnsupportedNetError } from './unsupported.ts';

/** Adds a block that reads the latent x [b, c, h, w]; `middle`: one of the stage between encoder and decoder. */
export function block(scope: Scope, each: Block, middle: boolean, x: Value, conditions: Conditions): Value {
  const { outScale } = scope.conventions;
  const scale = middle ? outScale.middle : outScale.resnets;
  scope.graph.enter(each.id);
  switch (each.kind) {
    case 'resnet':
      return resnet(scope, each.id, x, conditions, scale);
    case 'transformer':
      return transformer(scope, each, x, conditions);
    case 'attention': {
      const out = pixelAttention(scope, each, x, conditions);
      return dividedBy(scope, out, middle ? outScale.middleAttention : 1);
    }
    case 'downsample':
    case 'upsample':
      return sampler(scope, each, x, conditions, scale);
    case 'conv':
      return conv(scope, x, each.id);
    case 'embedding':
      throw new UnsupportedNetError(`${each.id} stands among the blocks that read the latent`);
  }
}

/** The last norm and convolution, and what that convolution reads. */
export function head(scope: Scope, x: Value): { readonly features: Value; readonly out: Value } {
  scope.graph.enter('conv_out');
  const normal = groupNorm(scope, x, 'conv_norm_out', scope.conventions.normEps);
  const features = activate(scope, normal, scope.conventions.activations.head);
  return { features, out: conv(scope, features, 'conv_out') };
}

function sampler(scope: Scope, { id, kind }: Block, x: Value, conditions: Conditions, scale: number): Value {
  const down = kind === 'downsample';
  if (scope.weights.has(`${id}.conv1.weight`)) {
    return resnet(scope, id, x, conditions, scale, down ? averagePool : upsampleNearest);
  }
  return down ? conv(scope, x, `${id}.conv`, 2) : conv(scope, upsampleNearest(scope, x), `${id}.conv`);
}
