/** Columns that are multiplied at a time: a panel of 256 rows then stays in the second-level cache. */
const PANEL = 512;

/**
 * The Gram matrix Σ p·pᵀ over the columns p of a matrix that is handed over in pieces. Only the upper triangle is
 * computed, in tiles of 4×4, so that each number that is loaded is used four times.
 */
export class Gram {
  readonly size: number;
  readonly #sums: Float64Array;
  readonly #panel: Float32Array;
  #filled = 0;

  constructor(size: number) {
    this.size = size;
    this.#sums = new Float64Array(size * size);
    this.#panel = new Float32Array(size * PANEL);
  }

  /** Adds `count` columns: row i of the piece is `data[starts[i] … + count)`, each times `signs[i]`. */
  add(data: Float32Array, starts: Int32Array, count: number): void {
    for (let done = 0; done < count; ) {
      const take = Math.min(count - done, PANEL - this.#filled);
      for (let row = 0; row < this.size; row += 1) {
        const start = (starts[row] as number) + done;
        this.#panel.set(data.subarray(start, start + take), row * PANEL + this.#filled);
      }
      done += take;
      this.#filled += take;
      if (this.#filled === PANEL) this.#flush();
    }
  }

  /** The matrix, row by row; only entries with column ≥ row are filled. */
  finish(): Float64Array {
    this.#flush();
    return this.#sums;
  }

  #flush(): void {
    const { size } = this;
    const count = this.#filled;
    const whole = size - (size % 4);
    for (let i = 0; i < whole; i += 4) {
      for (let j = i; j < whole; j += 4) tile(this.#panel, count, this.#sums, size, i, j);
    }
    for (let i = 0; i < size; i += 1) {
      for (let j = Math.max(i, whole); j < size; j += 1) {
        let sum = 0;
        for (let k = 0; k < count; k += 1) {
          sum += (this.#panel[i * PANEL + k] as number) * (this.#panel[j * PANEL + k] as number);
        }
        this.#sums[i * size + j] = (this.#sums[i * size + j] as number) + sum;
      }
    }
    this.#filled = 0;
  }
}

/** Adds the products of rows i … i+3 with rows j … j+3. */
function tile(panel: Float32Array, count: number, sums: Float64Array, size: number, i: number, j: number) {
  const i0 = i * PANEL;
  const i1 = i0 + PANEL;
  const i2 = i1 + PANEL;
  const i3 = i2 + PANEL;
  const j0 = j * PANEL;
  const j1 = j0 + PANEL;
  const j2 = j1 + PANEL;
  const j3 = j2 + PANEL;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  for (let k = 0; k < count; k += 1) {
    const a0 = panel[i0 + k] as number;
    const a1 = panel[i1 + k] as number;
    const a2 = panel[i2 + k] as number;
    const a3 = panel[i3 + k] as number;
    const b0 = panel[j0 + k] as number;
    const b1 = panel[j1 + k] as number;
    const b2 = panel[j2 + k] as number;
    const b3 = panel[j3 + k] as number;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  const products = [
    [s00, s01, s02, s03],
    [s10, s11, s12, s13],
    [s20, s21, s22, s23],
    [s30, s31, s32, s33],
  ];
  for (let row = 0; row < 4; row += 1) {
    const from = (i + row) * size + j;
    for (let column = 0; column < 4; column += 1) {
      sums[from + column] = (sums[from + column] as number) + (products[row]?.[column] as number);
    }
  }
}

/**
 * The pattern of a Gram matrix G, as a vector over the pairs of channels i < j. Its scales are taken out
 * (C_ij = G_ij / √(G_ii G_jj)), and then what each channel has in common with all others ("U-centring"):
 *
 *   A_ij = C_ij − r_i/(n−2) − r_j/(n−2) + s/((n−1)(n−2)),  r_i = Σ_{j≠i} C_ij,  s = Σ r_i
 *
 * and it is brought to length 1, so that the product of two patterns is their correlation. Symmetric matrices
 * with no diagonal whose rows sum to zero are an irreducible space under permutations, of dimension n(n−3)/2;
 * by Schur's lemma the correlation of two patterns, one of them with its channels permuted at random, then has mean
 * 0 and variance 2/(n(n−3)) exactly, whatever the patterns: see `scaleOf`.
 * Source of the centring: Székely and Rizzo 2013, the distance correlation t-test.
 * @returns undefined where fewer than half of the channels carry anything, or all pairs are alike.
 */
export function patternOf(gram: Float64Array, n: number, signs?: Int8Array): Float32Array | undefined {
  const scale = new Float64Array(n);
  let dead = 0;
  for (let i = 0; i < n; i += 1) {
    const power = gram[i * n + i] as number;
    if (!Number.isFinite(power)) return undefined;
    if (power > 0) scale[i] = (signs?.[i] ?? 1) / Math.sqrt(power);
    else dead += 1;
  }
  return dead > n / 2 ? undefined : centred(gram, n, scale);
}

/**
 * The same of a symmetric matrix whose rows and columns are multiplied by `scale`; only entries with column ≥ row are read.
 * @returns undefined where there are fewer than four channels, or all pairs are alike
 */
export function centred(gram: Float64Array, n: number, scale: Float64Array): Float32Array | undefined {
  if (n < 4) return undefined;
  const rows = new Float64Array(n);
  let total = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 1; j < n; j += 1) {
      const value = (gram[i * n + j] as number) * (scale[i] as number) * (scale[j] as number);
      rows[i] = (rows[i] as number) + value;
      rows[j] = (rows[j] as number) + value;
      total += 2 * value;
    }
  }
  const common = total / ((n - 1) * (n - 2));
  const pattern = new Float32Array((n * (n - 1)) / 2);
  let at = 0;
  let power = 0;
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 1; j < n; j += 1) {
      const value = (gram[i * n + j] as number) * (scale[i] as number) * (scale[j] as number);
      const own = value - ((rows[i] as number) + (rows[j] as number)) / (n - 2) + common;
      pattern[at] = own;
      power += own * own;
      at += 1;
    }
  }
  if (!(power > 1e-20)) return undefined;
  const length = Math.sqrt(power);
  for (let index = 0; index < pattern.length; index += 1) {
    pattern[index] = (pattern[index] as number) / length;
  }
  return pattern;
}

/** Product of two patterns of the same channels: their correlation. */
export function correlate(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] as number) * (b[index] as number);
  return sum;
}

/** Standard deviations of chance in a correlation of 1, for n channels: z = r·√(n(n−3)/2). */
export function scaleOf(n: number): number {
  return Math.sqrt((n * (n - 3)) / 2);
}
