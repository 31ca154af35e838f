import type { Component, ComponentKind } from '../../components/component.ts';
import type { Tensor } from '../../formats/checkpoint.ts';
import { blocksOf, type BlockKind } from '../../topology/net.ts';

/**
 * What a tensor is to its layer, where that tells which numbers it may hold.
 * `zero-start`: a matrix that the reference trainings begin at zero, so that the layer adds nothing at first.
 */
type TensorRole = 'matrix' | 'zero-start' | 'gain' | 'bias' | 'positions' | 'scalar';

/** Tables, marks and rests, which are no weights: their numbers follow formulas, and constants are at home in them. */
export const NO_WEIGHTS: ReadonlySet<ComponentKind> = new Set<ComponentKind>([
  'schedule',
  'markers',
  'leftover',
]);

/** A tensor's place in a component whose grammar is known. */
export interface Placed {
  readonly component: Component;
  readonly role: TensorRole;
  /** The block that owns it, in a net. */
  readonly block?: string;
  readonly canonical: string;
}

/**
 * Layers that begin at zero. Sources: latent-diffusion and guided-diffusion, `zero_module` around the second
 * convolution of a resnet, the output of an attention and the last convolution; diffusers draws them instead.
 */
const ZERO_START = /(?:^|\.)(?:conv2|proj_out|conv_out)\.weight$/;

/** The role of every tensor of nets, autoencoders and text encoders that were put together. */
export function placedTensors(components: readonly Component[]): ReadonlyMap<Tensor, Placed> {
  const placed = new Map<Tensor, Placed>();
  for (const component of components) {
    const { net, model } = component;
    if (net !== undefined) {
      for (const { id, kind, tensors } of blocksOf(net)) {
        for (const { canonical, tensor } of tensors) {
          const role = startsAtZero(canonical, kind) ? 'zero-start' : roleOf(canonical, tensor);
          placed.set(tensor, { component, role, block: id, canonical });
        }
      }
    }
    for (const { canonical, tensor } of model?.tensors ?? []) {
      placed.set(tensor, { component, role: roleOf(canonical, tensor), canonical });
    }
  }
  return placed;
}

function startsAtZero(canonical: string, kind: BlockKind): boolean {
  return ZERO_START.test(canonical) || (kind === 'attention' && canonical.endsWith('.to_out.0.weight'));
}

function roleOf(canonical: string, { shape }: Tensor): TensorRole {
  if (canonical.endsWith('position_ids')) return 'positions';
  if (shape.length >= 2) return 'matrix';
  if (shape.length === 0 || shape[0] === 1) return 'scalar';
  return canonical.endsWith('.weight') ? 'gain' : 'bias';
}
