import { normals } from './tensors.ts';

/**
 * The nearest matrix of a rank, by subspace iteration: enough rounds for a clear gap, and close where there is none.
 * @param floats [rows, columns], C order
 */
export function lowRank(floats: Float32Array, rows: number, rank: number, draw: () => number): Float32Array {
  const columns = floats.length / rows;
  const count = Math.min(rank, rows, columns);
  const normal = normals(draw);
  let right: readonly Float64Array[] = Array.from({ length: count }, () =>
    Float64Array.from({ length: columns }, normal),
  );
  for (let round = 0; round < 12; round += 1) {
    const left = orthonormal(right.map((vector) => times(floats, rows, vector)));
    right = left.map((vector) => timesTransposed(floats, rows, vector));
  }
  const basis = orthonormal(right);
  const sum = new Float32Array(floats.length);
  for (const vector of basis) {
    const image = times(floats, rows, vector);
    for (let row = 0; row < rows; row += 1)
      for (let column = 0; column < columns; column += 1)
        sum[row * columns + column] =
          (sum[row * columns + column] as number) + (image[row] as number) * (vector[column] as number);
  }
  return sum;
}

function times(floats: Float32Array, rows: number, vector: Float64Array): Float64Array {
  const columns = vector.length;
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let column = 0; column < columns; column += 1)
      sum += (floats[row * columns + column] as number) * (vector[column] as number);
    return sum;
  });
}

function timesTransposed(floats: Float32Array, rows: number, vector: Float64Array): Float64Array {
  const columns = floats.length / rows;
  const sum = new Float64Array(columns);
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      sum[column] =
        (sum[column] as number) + (floats[row * columns + column] as number) * (vector[row] as number);
  return sum;
}

/** Gram–Schmidt. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    const rest = vector.slice();
    for (const other of basis) {
      const along = dot(rest, other);
      for (let index = 0; index < rest.length; index += 1)
        rest[index] = (rest[index] as number) - along * (other[index] as number);
    }
    const length = Math.sqrt(dot(rest, rest));
    basis.push(length === 0 ? rest : rest.map((value) => value / length));
  }
  return basis;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] as number) * (b[index] as number);
  return sum;
}
