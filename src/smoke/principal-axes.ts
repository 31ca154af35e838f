/** The directions in which the pixels of a latent differ most. */
export interface PrincipalAxes {
  /** Mean of each channel. */
  readonly mean: Float64Array;
  /** Unit vectors over the channels, the one of the largest spread first. */
  readonly axes: readonly Float64Array[];
  /** Standard deviation along each. */
  readonly deviations: readonly number[];
}

/** Sweeps over all pairs of channels; a symmetric matrix takes under ten to become diagonal. */
const SWEEPS = 30;

/**
 * Principal axes of a latent's pixels. Pixels with a number that is not finite are left out. Each axis points to
 * where the larger part of its channels grows, so that a latent gives the same picture each time.
 * @param latent [channels or more, pixels]: the first `channels` are looked at
 */
export function principalAxes(latent: Float32Array, channels: number, pixels: number): PrincipalAxes {
  const finite: number[] = [];
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    let whole = true;
    for (let channel = 0; channel < channels && whole; channel += 1) {
      whole = Number.isFinite(latent[channel * pixels + pixel]);
    }
    if (whole) finite.push(pixel);
  }
  const mean = new Float64Array(channels);
  const count = Math.max(1, finite.length);
  for (let channel = 0; channel < channels; channel += 1) {
    let sum = 0;
    for (const pixel of finite) sum += latent[channel * pixels + pixel] as number;
    mean[channel] = sum / count;
  }
  const covariance = Array.from({ length: channels }, () => new Float64Array(channels));
  for (const [a, row] of covariance.entries()) {
    for (let b = 0; b <= a; b += 1) {
      let sum = 0;
      for (const pixel of finite) {
        const left = (latent[a * pixels + pixel] as number) - (mean[a] as number);
        sum += left * ((latent[b * pixels + pixel] as number) - (mean[b] as number));
      }
      row[b] = sum / count;
      (covariance[b] as Float64Array)[a] = sum / count;
    }
  }
  const vectors = diagonalise(covariance);
  const order = covariance
    .map((row, index) => ({ variance: row[index] as number, axis: vectors[index] as Float64Array }))
    .sort((a, b) => b.variance - a.variance);
  return {
    mean,
    axes: order.map(({ axis }) => towardsMost(axis)),
    deviations: order.map(({ variance }) => Math.sqrt(Math.max(0, variance))),
  };
}

/**
 * Makes a symmetric matrix diagonal by Jacobi rotations, in place. Its eigenvectors, one for each place on the
 * diagonal. Source: Golub and Van Loan, Matrix Computations, 8.5.
 */
function diagonalise(matrix: readonly Float64Array[]): readonly Float64Array[] {
  const size = matrix.length;
  const vectors = matrix.map((_, index) => new Float64Array(size).fill(1, index, index + 1));
  const at = (row: number, column: number) => (matrix[row] as Float64Array)[column] as number;
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    let rotated = false;
    for (let p = 0; p < size; p += 1) {
      for (let q = p + 1; q < size; q += 1) {
        const off = at(p, q);
        if (Math.abs(off) <= 1e-12 * Math.sqrt(Math.abs(at(p, p) * at(q, q)))) continue;
        rotated = true;
        const tau = (at(q, q) - at(p, p)) / (2 * off);
        const tangent = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
        const cosine = 1 / Math.hypot(1, tangent);
        const sine = tangent * cosine;
        for (let k = 0; k < size; k += 1) {
          const row = matrix[k] as Float64Array;
          rotate(row, p, row, q, cosine, sine);
        }
        for (let k = 0; k < size; k += 1) {
          rotate(matrix[p] as Float64Array, k, matrix[q] as Float64Array, k, cosine, sine);
          rotate(vectors[p] as Float64Array, k, vectors[q] as Float64Array, k, cosine, sine);
        }
      }
    }
    if (!rotated) break;
  }
  return vectors;
}

function rotate(a: Float64Array, i: number, b: Float64Array, j: number, cosine: number, sine: number): void {
  const [x, y] = [a[i] as number, b[j] as number];
  a[i] = cosine * x - sine * y;
  b[j] = sine * x + cosine * y;
}

function towardsMost(axis: Float64Array): Float64Array {
  const sum = axis.reduce((total, share) => total + share, 0);
  return sum < 0 ? axis.map((share) => -share) : axis;
}
