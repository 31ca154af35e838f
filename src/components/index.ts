import type { Checkpoint } from '../formats/checkpoint.ts';
import type { Hints } from '../topology/families/family.ts';
import { parametersOf } from '../topology/net.ts';
import type { Component } from './component.ts';
import { hintsOf } from './declared.ts';
import { KINDS } from './kinds/index.ts';
import type { Piece } from './piece.ts';
import { NOT_BY_WIDTHS } from './kinds/by-widths.ts';
import { split } from './split.ts';
import { splitGraph } from './split-graph.ts';
import { splitNets } from './split-nets.ts';

/**
 * Says what a checkpoint is made of. Every tensor belongs to exactly one component; what nothing knows is a
 * `leftover`. Pure: reads names, shapes and dtypes only.
 */
export function identifyComponents(checkpoint: Checkpoint): readonly Component[] {
  const hints = hintsOf(checkpoint);
  return checkpoint.parts.flatMap((part) =>
    (part.graph === undefined ? split(part) : splitGraph(part, part.graph)).flatMap((piece) => {
      const found = identify(piece, hints, part.variant);
      if (found.kind !== 'leftover' || found.id !== NOT_BY_WIDTHS) return [found];
      const nets = splitNets(part, piece);
      return nets.length === 0 ? [found] : nets.map((each) => identify(each, hints, part.variant));
    }),
  );
}

function identify(piece: Piece, hints: Hints, variant: string | undefined): Component {
  const base = {
    part: piece.part,
    ...(variant === undefined ? {} : { variant }),
    prefix: piece.prefix,
    tensors: piece.tensors,
    parameters: parametersOf(piece.tensors),
  };
  for (const recognise of KINDS) {
    const found = recognise(piece, hints);
    if (found === undefined) continue;
    const { kind, id, title, facts = new Map(), problems = [], net, model } = found;
    return {
      kind,
      id,
      title,
      ...base,
      facts,
      problems,
      ...(net === undefined ? {} : { net }),
      ...(model === undefined ? {} : { model }),
    };
  }
  return {
    kind: 'leftover',
    id: 'unknown',
    title: 'tensors of unknown names',
    ...base,
    facts: new Map(),
    problems: [],
  };
}
