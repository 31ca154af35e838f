import { Gram, patternOf } from '../gram.ts';

/**
 * The products A_ij·B_ij of two patterns over the same channels, and where each pair of channels stands. Where two
 * layers share a structure among some channels, their products are above zero there.
 */
export interface Products {
  readonly n: number;
  readonly values: Float32Array;
}

/** Smallest head width that is looked at; below, blocks hold too few pairs. */
const LEAST_DIM = 4;

/** Counts that divide a width into heads of at least `LEAST_DIM`; one head is no cut. */
export function headCounts(width: number): readonly number[] {
  const counts: number[] = [];
  for (let heads = 2; width / heads >= LEAST_DIM; heads += 1) if (width % heads === 0) counts.push(heads);
  return counts;
}

/**
 * W·Wᵀ over output channels (those of `order`), as a pattern.
 * @param rows of the matrix, `length` numbers each
 */
export function rowPattern(rows: Float32Array, length: number, order: Int32Array): Float32Array | undefined {
  const gram = new Gram(order.length);
  gram.add(
    rows,
    order.map((row) => row * length),
    length,
  );
  return patternOf(gram.finish(), order.length);
}

export function productsOf(a: Float32Array, b: Float32Array, n: number): Products {
  return { n, values: a.map((value, index) => value * (b[index] as number)) };
}

/**
 * How well the products are told apart by cutting the channels into blocks of `dim`: the difference of the means
 * inside and outside of the blocks, in standard errors,
 *
 *   t = (m_in − m_out) · √(N_in·N_out/N) / s.
 *
 * Its square is the variance that the cut explains. Where the cut is too coarse the inside is diluted with pairs of
 * different heads; where it is too fine the outside holds pairs of one head; so it is largest at the true one.
 */
export function blockContrast({ n, values }: Products, dim: number): number {
  const sums = { inside: 0, outside: 0 };
  let squares = 0;
  let inside = 0;
  let at = 0;
  for (let i = 0; i < n; i += 1) {
    const end = (Math.floor(i / dim) + 1) * dim;
    for (let j = i + 1; j < n; j += 1) {
      const value = values[at] as number;
      at += 1;
      squares += value * value;
      if (j < end) {
        sums.inside += value;
        inside += 1;
      } else sums.outside += value;
    }
  }
  const outside = values.length - inside;
  if (inside === 0 || outside === 0) return 0;
  const mean = (sums.inside + sums.outside) / values.length;
  const spread = Math.sqrt(squares / values.length - mean * mean);
  if (!(spread > 0)) return 0;
  const difference = sums.inside / inside - sums.outside / outside;
  return (difference * Math.sqrt((inside * outside) / values.length)) / spread;
}
