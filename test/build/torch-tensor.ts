import type { PlainDtype } from '../../src/formats/dtype.ts';

/** A tensor to be written by torch's rules. */
export interface TorchTensor {
  readonly name: string;
  readonly dtype: PlainDtype;
  readonly shape: readonly number[];
  /** Bytes of an element. */
  readonly itemSize: number;
  /** In elements; those of C order where absent. */
  readonly strides?: readonly number[];
  readonly offset?: number;
  /** The storage: tensors that share one have the same array. */
  readonly data: Uint8Array;
  /** Elements that the storage is said to have; what it has where absent. */
  readonly count?: number;
}

export function contiguous(shape: readonly number[]): readonly number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, dim) => product * dim, 1));
}

/** Numbers as the bytes of a storage. */
export function f32(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

/** A sound F32 tensor of the numbers 0, 1, 2 … */
export function counting(name: string, shape: readonly number[]): TorchTensor {
  const length = shape.reduce((product, dim) => product * dim, 1);
  const data = f32(...Array.from({ length }, (_, at) => at));
  return { name, dtype: 'F32', shape, itemSize: 4, data };
}
