import { type Block, blocksOf, type Net } from '../../topology/net.ts';
import type { Matrix } from '../weights.ts';
import { NetWeights, type ReadTensor } from '../weights.ts';
import { blockContrast, headCounts, type Products, productsOf, rowPattern } from './attention.ts';

/** How the rows of a fused projection are laid out. */
export type FusedOrder =
  /** Each head has its queries, keys and values side by side: openai guided-diffusion `QKVAttentionLegacy`. */
  | 'by head'
  /** All queries, all keys, all values: guided-diffusion `QKVAttention`, and most later code. */
  | 'by kind';

export interface FusedReading {
  readonly verdict: 'told' | 'unclear';
  readonly order: FusedOrder;
  readonly heads: number;
  /** Contrast of the best reading summed over the layers, by √layers, and that of the best with the other order. */
  readonly contrast: number;
  readonly otherOrder: number;
}

const TOLD_CONTRAST = 8;
const TOLD_RATIO = 1.15;

/**
 * Row order of fused projections (`to_qkv`): each reading of the rows as queries and keys gives another matching of
 * them, and only the true one shows the blocks of heads (see `readHeads`). Undefined where no layer is fused.
 */
export async function readFusedOrder(net: Net, read: ReadTensor): Promise<FusedReading | undefined> {
  const weights = new NetWeights(net, read);
  const layers = blocksOf(net).flatMap(({ id, tensors }: Block) =>
    tensors.some(({ canonical }) => canonical === `${id}.to_qkv.weight`) ? [`${id}.to_qkv`] : [],
  );
  const matrices: Matrix[] = [];
  for (const layer of layers.slice(0, 6)) {
    const matrix = await weights.matrix(layer);
    if (matrix !== undefined && matrix.rows % 3 === 0) matrices.push(matrix);
  }
  return fusedOrderOf(matrices);
}

/** The same of the layers' matrices; each is read once. */
export async function fusedOrderOf(matrices: readonly Matrix[]): Promise<FusedReading | undefined> {
  const width = (matrices[0]?.rows ?? 0) / 3;
  const even = matrices.filter(({ rows }) => rows === 3 * width);
  const readings = headCounts(width).flatMap((heads) =>
    (['by head', 'by kind'] as const).map((order) => ({ order, heads, contrast: 0 })),
  );
  for (const matrix of even) {
    const layer = { values: await matrix.slice(0, matrix.rows), length: matrix.inputs * matrix.taps, width };
    const kinds = productsBy(layer, (kind, row) => kind * width + row);
    for (const reading of readings) {
      const dim = width / reading.heads;
      const products =
        reading.order === 'by kind'
          ? kinds
          : productsBy(layer, (kind, row) => (3 * Math.floor(row / dim) + kind) * dim + (row % dim));
      if (products !== undefined) reading.contrast += blockContrast(products, dim) / Math.sqrt(even.length);
    }
  }
  const [best] = readings.sort((a, b) => b.contrast - a.contrast);
  if (best === undefined) return undefined;
  const otherOrder = readings.find(({ order }) => order !== best.order)?.contrast ?? 0;
  const told = best.contrast >= TOLD_CONTRAST && best.contrast >= TOLD_RATIO * otherOrder;
  return { verdict: told ? 'told' : 'unclear', ...best, otherOrder };
}

/** A fused projection: `length` numbers a row, queries, keys and values `width` rows each. */
interface FusedLayer {
  readonly values: Float32Array;
  readonly length: number;
  readonly width: number;
}

/** Products of queries (kind 0) and keys (1), each row of which lies where `place` says. */
function productsBy(
  { values, length, width }: FusedLayer,
  place: (kind: 0 | 1, row: number) => number,
): Products | undefined {
  const pattern = (kind: 0 | 1): Float32Array | undefined =>
    rowPattern(
      values,
      length,
      Int32Array.from({ length: width }, (_, row) => place(kind, row)),
    );
  const [q, k] = [pattern(0), pattern(1)];
  return q === undefined || k === undefined ? undefined : productsOf(q, k, width);
}
