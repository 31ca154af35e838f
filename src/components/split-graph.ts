import type { Part } from '../formats/checkpoint.ts';
import type { Graph } from '../formats/graph.ts';
import { netOfGraph } from '../topology/graph/net.ts';
import { namesOf } from '../topology/graph/names.ts';
import { Piece } from './piece.ts';
import { split } from './split.ts';

/**
 * Cuts a part that carries its graph into pieces: its weights under the names that they have in the net, as of any
 * other part, and the numbers that no module owns.
 */
export function splitGraph(part: Part, graph: Graph): readonly Piece[] {
  const names = namesOf(part.tensors, graph);
  const { weights, constants } = names;
  const rebuild = () => netOfGraph(graph, names, part.tensors);
  // what the graph computes is what most of its weights are for
  const pieces = split({ ...part, tensors: weights }).map((piece) =>
    piece.tensors.length * 2 > weights.length
      ? new Piece(part, piece.prefix, piece.role, piece.tensors, rebuild)
      : piece,
  );
  const rest = constants.map((tensor) => ({ name: tensor.name, tensor }));
  return [...pieces, ...(rest.length === 0 ? [] : [new Piece(part, '', 'constants', rest)])];
}
