import { type Block, blocksOf, type Net } from '../../topology/net.ts';
import type { Matrix } from '../weights.ts';
import { NetWeights, type ReadTensor } from '../weights.ts';
import { blockContrast, productsOf, rowPattern } from './attention.ts';

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

const LEAST_DIM = 4;
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

/** The same of the layers' matrices. */
export async function fusedOrderOf(matrices: readonly Matrix[]): Promise<FusedReading | undefined> {
  const width = (matrices[0]?.rows ?? 0) / 3;
  const even = matrices.filter(({ rows }) => rows === 3 * width);
  const readings: { order: FusedOrder; heads: number; contrast: number }[] = [];
  for (const heads of counts(width)) {
    for (const order of ['by head', 'by kind'] as const) {
      let sum = 0;
      for (const matrix of even) sum += await contrastOf(matrix, width, heads, order);
      readings.push({ order, heads, contrast: sum / Math.sqrt(even.length) });
    }
  }
  const [best] = readings.sort((a, b) => b.contrast - a.contrast);
  if (best === undefined) return undefined;
  const otherOrder = readings.find(({ order }) => order !== best.order)?.contrast ?? 0;
  const told = best.contrast >= TOLD_CONTRAST && best.contrast >= TOLD_RATIO * otherOrder;
  return { verdict: told ? 'told' : 'unclear', ...best, otherOrder };
}

async function contrastOf(matrix: Matrix, width: number, heads: number, order: FusedOrder): Promise<number> {
  const dim = width / heads;
  const rows = (kind: 0 | 1): Int32Array =>
    Int32Array.from({ length: width }, (_, index) => {
      const head = Math.floor(index / dim);
      return order === 'by kind' ? kind * width + index : (3 * head + kind) * dim + (index % dim);
    });
  const [q, k] = [await rowPattern(matrix, rows(0)), await rowPattern(matrix, rows(1))];
  return q === undefined || k === undefined ? 0 : blockContrast(productsOf(q, k, width), dim);
}

function counts(width: number): readonly number[] {
  const found: number[] = [];
  for (let heads = 2; width / heads >= LEAST_DIM; heads += 1) if (width % heads === 0) found.push(heads);
  return found;
}
