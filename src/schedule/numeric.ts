/** How numpy and torch lay out ranges and round, so that timesteps and betas come out as theirs do. */

/**
 * In which precision a table is computed. `float32`: rounded after each operation as diffusers' tensors are.
 * `float64`: exact to a double, as LDM and ComfyUI compute before they store float32.
 */
export type Precision = 'float32' | 'float64';

/** Rounds a result to the precision. */
export function rounder(precision: Precision): (value: number) => number {
  return precision === 'float32' ? Math.fround : (value) => value;
}

/** Rounds halves to the even neighbour, as numpy's `round` and `rint`. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** `count` numbers from start to end, both included (numpy `linspace`); one number is the start alone. */
export function linspace(start: number, end: number, count: number): Float64Array {
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  return Float64Array.from({ length: count }, (_, index) =>
    index === count - 1 && count > 1 ? end : start + index * step,
  );
}

/**
 * torch's `linspace`: the second half is counted back from the end. In float32 that decides the last bit.
 * Source: torch aten/src/ATen/native/cpu/RangeFactoriesKernel.cpp.
 */
export function torchLinspace(start: number, end: number, count: number, precision: Precision): Float64Array {
  const round = rounder(precision);
  const [first, last] = [round(start), round(end)];
  const step = count > 1 ? round(round(last - first) / (count - 1)) : 0;
  return Float64Array.from({ length: count }, (_, index) =>
    index < Math.floor(count / 2) || count === 1
      ? round(first + step * index)
      : round(last - step * (count - 1 - index)),
  );
}

/**
 * numpy's `arange(start, 0, -step)`. The length is a rounded-up quotient, so that a rounding error can add a
 * number just above 0: `arange(1000, 0, -1000 / 61)` has 62 numbers.
 */
export function arangeDown(start: number, step: number): Float64Array {
  // numpy computes the second number and steps by its difference to the first
  const delta = start - step - start;
  return Float64Array.from({ length: Math.ceil(start / step) }, (_, index) => start + index * delta);
}
