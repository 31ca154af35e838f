import { MAX_EXPANSION, MAX_STRIDED_BYTES } from '../bytes/limits.ts';

/** Whether far more bytes are shown than are stored for them. */
export function isFarMore(shown: number, stored: number): boolean {
  return shown > MAX_STRIDED_BYTES && shown > stored * MAX_EXPANSION;
}

/** Elements from a tensor's first to its last in memory, both among them. */
export function elementExtent(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((reach, dim, axis) => reach + (dim - 1) * (strides[axis] as number), 1);
}

/** Whether elements with these strides follow each other in C order; of one element a stride says nothing. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    const dim = shape[axis] as number;
    if (dim !== 1 && strides[axis] !== step) return false;
    step *= dim;
  }
  return true;
}
