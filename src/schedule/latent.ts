/**
 * The numbers of one picture's latent, flattened in any one order. Samplers treat every number alike, so the
 * shape does not matter here. All arithmetic is done in double; a result has the number type of its first array.
 */
export type Latent = Float32Array | Float64Array;

/** Where fresh noise comes from: `length` independent standard normal numbers at each call. */
export type NoiseSource = (length: number) => Latent;

/** A coefficient and the array that it weighs. */
type Term = readonly [coefficient: number, values: Latent];

/**
 * The sum of coefficient · values over the terms, in the number type of the first term's array.
 * @throws {RangeError} when the arrays differ in length.
 */
export function combine(first: Term, ...rest: readonly Term[]): Latent {
  const [coefficient, like] = first;
  const sum = Float64Array.from(like, (value) => coefficient * value);
  for (const [factor, values] of rest) {
    if (values.length !== sum.length) {
      throw new RangeError(`latents of ${sum.length} and ${values.length} numbers cannot be combined`);
    }
    for (let index = 0; index < sum.length; index++) {
      sum[index] = (sum[index] as number) + factor * (values[index] as number);
    }
  }
  return like instanceof Float32Array ? Float32Array.from(sum) : sum;
}

/** Every number held within ±limit. */
export function clamp(values: Latent, limit: number): Latent {
  return values.map((value) => Math.min(limit, Math.max(-limit, value)));
}

/**
 * The number at a place of a table.
 * @throws {RangeError} when the table has no such place.
 */
export function at(table: ArrayLike<number>, index: number): number {
  const value = table[index];
  if (value === undefined) throw new RangeError(`index ${index} is outside a table of ${table.length}`);
  return value;
}
