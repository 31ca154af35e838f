/** Which blocks do not fit what they are given. Pure. */
import { type BlockKind, blocksOf, type Net } from '../../topology/net.ts';
import type { BlockFit } from './assessment.ts';
import type { Fits } from './inputs.ts';

/**
 * What reads the net's own stream first in a block, by its path there: the rest reads what the block itself wrote, and fits
 * that wherever the block stands.
 */
const FIRST: ReadonlyMap<BlockKind, readonly string[]> = new Map([
  ['resnet', ['conv1']],
  ['attention', ['to_q', 'to_k', 'to_v']],
  [
    'transformer',
    [
      'proj_in',
      ...['attn1.to_q', 'attn1.to_k', 'attn1.to_v', 'attn2.to_q'].map(
        (each) => `transformer_blocks.0.${each}`,
      ),
    ],
  ],
]);

/** Standard deviations of chance below which a block does not fit, … */
const BY_CHANCE = 2;

/** … and from which its peers do. */
const FITS = 6;

/** … as many of them. One block may be weak in a sound net, and of a damaged one more than one. */
const MOST = 0.9;

/** Fewer peers tell nothing of one. */
const LEAST_PEERS = 3;

/**
 * How each block fits what it is given: Σ/√L over the L layers that read first, in standard deviations of chance. A block does
 * not fit where it is at chance and nearly all others of its kind are far from it: it was trained on something else.
 */
export function blockFits(net: Net, fits: Fits): readonly BlockFit[] {
  const sums = new Map<string, { sum: number; layers: number }>();
  for (const { layer, size, scale } of fits.values()) {
    const { sum, layers } = sums.get(layer) ?? { sum: 0, layers: 0 };
    sums.set(layer, { sum: sum + size * scale, layers: layers + 1 });
  }
  const found = blocksOf(net).flatMap(({ id, kind }) => {
    const own = (FIRST.get(kind) ?? []).flatMap((leaf) => sums.get(`${id}.${leaf}`) ?? []);
    if (own.length === 0) return [];
    const [sum, layers] = own.reduce(([all, count], each) => [all + each.sum, count + each.layers], [0, 0]);
    return [{ block: id, kind, fit: sum / Math.sqrt(layers) }];
  });
  return found.map(({ block, kind, fit }) => {
    const peers = found.filter((other) => other.kind === kind && other.block !== block);
    const fitting = peers.filter((peer) => peer.fit >= FITS).length;
    const known = peers.length >= LEAST_PEERS && fitting >= MOST * peers.length;
    const verdict = fit >= FITS ? 'fits' : known && fit < BY_CHANCE ? 'unfit' : 'unclear';
    return { block, fit, verdict };
  });
}
