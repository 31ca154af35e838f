import type { Checkpoint, Tensor } from '../formats/checkpoint.ts';
import { flatten } from '../topology/dialects/litema.ts';
import type { NamedTensor } from '../topology/named.ts';
import type { Component } from './component.ts';

/** Single tensors that rules ask for. What they are called is known on this floor and not above it. */

/** The positions of a text encoder, which transformers kept as a tensor until 4.31. */
export function positionIds(encoder: Component): Tensor | undefined {
  return encoder.tensors.find(({ name }) => name.endsWith('position_ids'))?.tensor;
}

/** A net's tensors under the names without dots that averaged weights have: live and averaged meet there. */
export function byFlatName({ tensors }: Component): ReadonlyMap<string, NamedTensor> {
  return new Map(tensors.map((named) => [flatten(named.name), named]));
}

/** A scale of fp8 weights, and the weight it belongs to when there is one. */
interface ScaledWeight {
  readonly scale: Tensor;
  readonly weight?: Tensor;
}

/** The module that a scale belongs to; the scales of activations belong to none. */
const WEIGHT_SCALE = /^(.*)\.(?:weight_scale|scale_weight)$/;

/** Pairs each weight's scale in a component of scales with the weight of the same module. */
export function scaledWeights({ parts }: Checkpoint, scales: Component): readonly ScaledWeight[] {
  const weights = new Map<string, Tensor>();
  for (const tensor of parts.flatMap(({ tensors }) => tensors)) {
    if (tensor.name.endsWith('.weight')) weights.set(tensor.name.slice(0, -'.weight'.length), tensor);
  }
  return scales.tensors.flatMap(({ tensor: scale }) => {
    const module = WEIGHT_SCALE.exec(scale.name)?.[1];
    const weight = module === undefined ? undefined : weights.get(module);
    return module === undefined ? [] : [{ scale, ...(weight === undefined ? {} : { weight }) }];
  });
}

/**
 * What each 8-bit weight of a checkpoint is multiplied by, where scales of that kind lie beside the weights. Scales
 * beside weights of more bits were left behind by a converter and belong to nothing.
 */
export function weightScales(
  checkpoint: Checkpoint,
  components: readonly Component[],
): ReadonlyMap<Tensor, Tensor> {
  const pairs = components
    .filter(({ kind, id }) => kind === 'markers' && id === 'fp8-scales')
    .flatMap((scales) => scaledWeights(checkpoint, scales));
  return new Map(
    pairs.flatMap(({ scale, weight }) =>
      weight !== undefined && (weight.dtype.startsWith('F8_') || weight.dtype === 'I8')
        ? [[weight, scale] as const]
        : [],
    ),
  );
}
