import type { Part } from '../formats/checkpoint.ts';
import type { NamedTensor } from '../topology/named.ts';
import { netOfWidths } from '../topology/widths/net.ts';
import { Piece } from './piece.ts';

/**
 * Cuts a piece that is no net as a whole into the nets that it holds under the first part of their names: two U-Nets in
 * a row, a generator beside its critic. Empty where no part is a U-Net by itself.
 */
export function splitNets(part: Part, piece: Piece): readonly Piece[] {
  const groups = new Map<string, NamedTensor[]>();
  for (const named of piece.tensors) {
    const head = named.name.slice(0, named.name.indexOf('.') + 1);
    const group = groups.get(head) ?? [];
    groups.set(head, group);
    group.push(named);
  }
  if (groups.size < 2 || groups.size > MOST_NETS) return [];
  const cut = [...groups].map(([head, tensors]) => {
    const own = tensors.map(({ name, tensor }) => ({ name: name.slice(head.length), tensor }));
    return new Piece(part, piece.prefix + head, piece.role, own);
  });
  const isNet = (one: Piece): boolean => {
    const found = netOfWidths(one.tensors);
    return found !== undefined && 'net' in found;
  };
  return cut.some(isNet) ? cut : [];
}

/** First parts of names that are tried as nets of their own; a list of blocks has more. */
const MOST_NETS = 8;
