import { type Block, blocksOf, type Net } from '../../topology/net.ts';
import { type Matrix, NetWeights, type ReadTensor } from '../weights.ts';
import { blockContrast, headCounts, productsOf, rowPattern } from './attention.ts';

/** The head count of the attentions of one width, as their weights have it. */
export interface HeadsReading {
  /** Width of the queries. */
  readonly width: number;
  /** Blocks that were read together. */
  readonly blocks: readonly string[];
  readonly verdict: 'told' | 'unclear';
  /** The count that fits best, told or not. */
  readonly heads: number;
  /** Its contrast summed over the layers, in standard errors divided by √layers, and the next best count's. */
  readonly contrast: number;
  readonly next: { readonly heads: number; readonly contrast: number };
}

/** Attentions looked at for each width: the net has one convention for all. */
const LAYERS = 6;

/** Rows looked at of wider layers: the first heads whole, whatever their number. */
const ROWS = 640;

/** A count is told where its contrast is so large … */
const TOLD_CONTRAST = 8;

/** … and so much larger than the next best one's. */
const TOLD_RATIO = 1.15;

/**
 * Head counts, told by where queries and keys share structure. Inside a head the scores q·k = x·Wqᵀ·Wk·y stay as they
 * are when one rotation turns the rows of both, so training couples them only within a head: the Gram matrices of
 * the rows of to_q and to_k match inside the blocks of one head. The best cut into blocks is found by `blockContrast`.
 * Widths of which no layer can be read, or which have no two counts to choose from, are left out.
 */
export async function readHeads(net: Net, read: ReadTensor): Promise<readonly HeadsReading[]> {
  const weights = new NetWeights(net, read);
  const layers = blocksOf(net).flatMap((block) => attentionsOf(block, weights));
  const widths = [...new Set(layers.map(({ width }) => width))].sort((a, b) => a - b);
  const readings: HeadsReading[] = [];
  for (const width of widths) {
    const candidates = headCounts(width);
    const rows = Int32Array.from({ length: Math.min(width, ROWS) }, (_, index) => index);
    const patternOf = async ({ slice, inputs, taps }: Matrix): Promise<Float32Array | undefined> =>
      rowPattern(await slice(0, rows.length), inputs * taps, rows);
    const chosen = spread(
      layers.filter((layer) => layer.width === width),
      LAYERS,
    );
    const sums = new Map<number, number>(candidates.map((heads) => [heads, 0]));
    const used: string[] = [];
    for (const { block, path } of chosen) {
      const [q, k] = [await weights.matrix(`${path}.to_q`), await weights.matrix(`${path}.to_k`)];
      if (q === undefined || k === undefined) continue;
      const [a, b] = [await patternOf(q), await patternOf(k)];
      if (a === undefined || b === undefined) continue;
      const products = productsOf(a, b, rows.length);
      for (const heads of candidates) {
        sums.set(heads, (sums.get(heads) ?? 0) + blockContrast(products, width / heads));
      }
      used.push(block);
    }
    const ranked = [...sums]
      .map(([heads, sum]) => ({ heads, contrast: sum / Math.sqrt(Math.max(1, used.length)) }))
      .sort((a, b) => b.contrast - a.contrast);
    const [best, next] = ranked;
    if (best === undefined || next === undefined || used.length === 0) continue;
    const told = best.contrast >= TOLD_CONTRAST && best.contrast >= TOLD_RATIO * next.contrast;
    readings.push({ width, blocks: [...new Set(used)], verdict: told ? 'told' : 'unclear', ...best, next });
  }
  return readings;
}

interface Layer {
  readonly block: string;
  readonly path: string;
  readonly width: number;
}

function attentionsOf({ id, tensors }: Block, weights: NetWeights): readonly Layer[] {
  return tensors.flatMap(({ canonical }) => {
    if (!canonical.endsWith('.to_q.weight')) return [];
    const path = canonical.slice(0, -'.to_q.weight'.length);
    const width = weights.shape(canonical)?.[0];
    const keys = weights.shape(`${path}.to_k.weight`)?.[0];
    return width === undefined || keys !== width ? [] : [{ block: id, path, width }];
  });
}

/** So many items, evenly over the list. */
function spread<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, index) => items[Math.floor((index * items.length) / most)] as T);
}
