import type { Tensor } from '../formats/checkpoint.ts';

/** A tensor under the name it has inside its component, the component's prefix taken off. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}
