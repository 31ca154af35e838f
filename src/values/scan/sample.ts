import { elementCount, type Tensor } from '../../formats/checkpoint.ts';
import { decodeFloats } from '../../formats/decode.ts';
import type { ReadTensor } from '../weights.ts';

/** What a few thousand numbers of a matrix show of how they were made. */
export interface Sample {
  /** Numbers looked at. */
  readonly elements: number;
  readonly zeros: number;
  /** Different numbers among them; more than `MANY` are not told apart. */
  readonly distinct: number;
  /**
   * Of stretches of 64 neighbours, zeros left out: how many magnitudes they hold, over how many numbers. Near 1 for numbers
   * as they were trained; low where neighbours are whole steps of one scale, as quantised blocks and rows are.
   */
  readonly variety: number;
  /** All are numbers of a float with at most three bits behind the point, times powers of two: e4m3, e5m2, e2m1. */
  readonly coarse: boolean;
  /** Numbers of the largest magnitude, … */
  readonly atEnd: number;
  /** … and those within a sixteenth below it. */
  readonly nearEnd: number;
}

/** Where so many numbers differ, the matrix is not made of a few. */
export const MANY = 256;

/** Tensors of fewer bytes are looked at whole. */
const WHOLE_BYTES = 65_536;

/** Of others so many windows, evenly spread, of so many numbers. */
const WINDOWS = 16;
const WINDOW = 512;

const STRETCH = 64;

/**
 * Looks at 8192 numbers of a tensor, or at all of a small one.
 * @param tensor of a plain float dtype
 * @throws {ReadError} when the bytes cannot be had.
 */
export async function sampleTensor(tensor: Tensor, read: ReadTensor): Promise<Sample> {
  const windows: Float32Array[] = [];
  const { dtype, layout, byteLength } = tensor;
  if (layout !== undefined || byteLength <= WHOLE_BYTES) {
    windows.push(decodeFloats(await read(tensor), dtype));
  } else {
    const elements = elementCount(tensor.shape);
    const size = byteLength / elements;
    for (let window = 0; window < WINDOWS; window += 1) {
      const from = Math.floor((window * (elements - WINDOW)) / (WINDOWS - 1)) * size;
      windows.push(decodeFloats(await read(tensor, { from, to: from + WINDOW * size }), dtype));
    }
  }
  return sampleOf(windows);
}

/** The same of numbers that are at hand, in stretches of neighbours. */
export function sampleOf(windows: readonly Float32Array[]): Sample {
  const values = new Set<number>();
  let [elements, zeros, largest] = [0, 0, 0];
  let [magnitudes, others] = [0, 0];
  let coarse = true;
  for (const window of windows) {
    const bits = new Uint32Array(window.buffer, window.byteOffset, window.length);
    for (let from = 0; from < window.length; from += STRETCH) {
      const near = new Set<number>();
      for (let at = from; at < Math.min(from + STRETCH, window.length); at += 1) {
        const value = window[at] as number;
        const magnitude = Math.abs(value);
        elements += 1;
        if (values.size <= MANY) values.add(value);
        if (magnitude === 0) {
          zeros += 1;
          continue;
        }
        // the lower 20 of the 23 bits behind the point
        coarse &&= ((bits[at] as number) & 0xfffff) === 0;
        others += 1;
        near.add(magnitude);
        if (magnitude > largest) largest = magnitude;
      }
      magnitudes += near.size;
    }
  }
  let [atEnd, nearEnd] = [0, 0];
  for (const window of windows) {
    for (const value of window) {
      const magnitude = Math.abs(value);
      if (magnitude === largest) atEnd += 1;
      else if (magnitude >= (15 / 16) * largest) nearEnd += 1;
    }
  }
  return {
    elements,
    zeros,
    distinct: values.size,
    variety: others === 0 ? 0 : magnitudes / others,
    coarse,
    atEnd,
    nearEnd,
  };
}
