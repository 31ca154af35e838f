import type { Tensor } from '../../formats/checkpoint.ts';
import { decodeFloats } from '../../formats/decode.ts';
import type { Net } from '../../topology/net.ts';
import { NetWeights, type ReadTensor } from '../weights.ts';

/** Which half of the timestep's sinusoid is the cosine, as the weights have it. */
export interface SinusoidReading {
  readonly verdict: 'told' | 'unclear';
  /** The better reading: `flip_sin_to_cos` in diffusers' words. */
  readonly cosineFirst: boolean;
  /** For each half, by how many standard errors it departs from what a cosine must be. */
  readonly departures: readonly [first: number, second: number];
}

/** The slowest frequencies, as a share of a half; at 1/10000 … 1/4000 the cosine of 1000 steps is above .97. */
const SLOWEST = 0.1;

/** The sine must depart by so much … */
const TOLD_DEPARTURE = 3.5;

/** … and the cosine by no more than this. */
const COSINE_DEPARTURE = 2.5;

/**
 * Tells the cosines from the sines. The cosine of a slow frequency is 1 at every step, so its column w_i in the first
 * layer of the time embedding gets the gradient of the bias b, step for step; started apart, they end with
 *
 *   cov(w_i, w_j) = cov(w_i, b)   over the rows, for slow cosines i ≠ j
 *
 * whatever the optimiser, and whatever was averaged, because both sides are the variance of what was learnt. A slow
 * sine is a ramp: its columns share an update too, but not the bias's. The mean of w_i·w_j − w_i·b over rows is
 * therefore zero in one half and not in the other. Undefined where there is no such layer.
 * @param scales what quantised weights are multiplied by, which the bias is not: one number, or one for each row
 */
export async function readSinusoid(
  net: Net,
  read: ReadTensor,
  scales: ReadonlyMap<Tensor, Tensor> = new Map(),
): Promise<SinusoidReading | undefined> {
  const weights = new NetWeights(net, read);
  const layer = 'time_embedding.linear_1';
  const [matrix, bias] = [await weights.matrix(layer), await weights.floats(`${layer}.bias`)];
  if (matrix === undefined || bias === undefined || matrix.inputs < 16 || matrix.inputs % 2 === 1) {
    return undefined;
  }
  const half = matrix.inputs / 2;
  const slow = Math.max(3, Math.round(SLOWEST * half));
  const values = await matrix.slice(0, matrix.rows);
  const scaled = scales.get(weights.tensor(`${layer}.weight`) as Tensor);
  const factors = scaled === undefined ? [1] : decodeFloats(await read(scaled), scaled.dtype);
  if (factors.length !== 1 && factors.length !== matrix.rows) return undefined;
  const factor = (row: number): number => factors[factors.length === 1 ? 0 : row] as number;
  const column = (index: number): Float32Array =>
    Float32Array.from(
      { length: matrix.rows },
      (_, row) => factor(row) * (values[row * matrix.inputs + index] as number),
    );
  const departure = (end: number): number =>
    departureOf(
      Array.from({ length: slow }, (_, index) => column(end - slow + index)),
      bias,
    );
  const departures = [departure(half), departure(2 * half)] as const;
  const [first, second] = departures.map(Math.abs) as [number, number];
  const told = Math.max(first, second) >= TOLD_DEPARTURE && Math.min(first, second) <= COSINE_DEPARTURE;
  return { verdict: told ? 'told' : 'unclear', cosineFirst: first < second, departures };
}

/** Mean over rows of (mean of c_i·c_j over i ≠ j) − (mean of c_i)·b, in its standard errors. */
function departureOf(columns: readonly Float32Array[], bias: Float32Array): number {
  const centred = columns.map(centre);
  const constant = centre(bias);
  const k = columns.length;
  const differences = Float64Array.from(constant, (b, row) => {
    let sum = 0;
    let squares = 0;
    for (const column of centred) {
      const value = column[row] as number;
      sum += value;
      squares += value * value;
    }
    return (sum * sum - squares) / (k * (k - 1)) - (sum / k) * b;
  });
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const variance = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / differences.length;
  return variance > 0 ? (mean / Math.sqrt(variance)) * Math.sqrt(differences.length) : 0;
}

function centre(values: Float32Array): Float32Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}
