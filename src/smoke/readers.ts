import type { Component } from '../components/component.ts';
import type { Fact, Net } from '../topology/net.ts';
import { textReading, type TextReading } from './text-reading.ts';

/** A text encoder and how the net reads it. */
export interface Reader {
  readonly encoder: Component;
  readonly reading: Fact<TextReading>;
}

/**
 * The encoders that the net reads, in the order in which their hidden states stand side by side: one as wide as the
 * net's text, or several whose widths come to it, the narrower first. None where the widths do not come out.
 */
export function readersOf(net: Net, encoders: readonly Component[]): readonly Reader[] {
  const wanted = (net.conditioning.encoderHidDim ?? net.conditioning.crossAttentionDim)?.value;
  if (wanted === undefined) return [];
  const known = encoders
    .map((encoder) => ({ encoder, reading: textReading(net, encoder), width: widthOf(encoder) }))
    .filter((each) => each.reading !== undefined && each.width !== undefined) as readonly (Reader & {
    readonly width: number;
  })[];
  const alone = known.find(({ width }) => width === wanted);
  if (alone !== undefined) return [alone];
  const sorted = known.toSorted((a, b) => a.width - b.width);
  const sum = sorted.reduce((total, { width }) => total + width, 0);
  return sum === wanted ? sorted : [];
}

function widthOf({ model }: Component): number | undefined {
  return model?.kind === 'clip-text' ? model.hidden : undefined;
}
