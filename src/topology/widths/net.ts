/**
 * A U-Net rebuilt from the widths of its layers, for nets whose names are of no known grammar and whose file carries no
 * graph. Each convolution is a block; one that reads more channels than come from below reads a skip beside them.
 */
import type { NamedTensor } from '../named.ts';
import type { Net } from '../net.ts';
import { assembledOf, type WidthFacts } from './assemble.ts';
import { layersOf } from './layers.ts';
import { orderOf, roleOf, type Step } from './order.ts';
import { sidesOf, type Sides } from './sides.ts';

export type WidthsNet = { readonly net: Net; readonly facts: WidthFacts } | { readonly reason: string };

/** Rebuilds it; in words why that cannot be done, undefined where there is nothing that could be such a net. */
export function netOfWidths(tensors: readonly NamedTensor[]): WidthsNet | undefined {
  const layers = layersOf(tensors);
  if (layers === undefined) return undefined;
  if (typeof layers === 'string') return { reason: layers };
  let sides = sidesOf(layers.list, false);
  let order = orderOf(sides.main, layers.dims);
  if (!order.whole) {
    const others = sidesOf(layers.list, true);
    if (others.shortcuts.length > sides.shortcuts.length) {
      sides = others;
      order = orderOf(sides.main, layers.dims);
    }
  }
  const { steps, whole } = order;
  if (!whole) return { reason: whyNot(steps, sides) };
  const joins = steps.filter(({ intake }) => intake === 'join');
  // one wide layer alone is no U: a second input looks the same
  const raised = steps.some(({ layer, reading }) => reading.transposed || roleOf(layer) === 'decoder');
  if (joins.length === 1 && !raised) {
    return {
      reason: `only ${nameOf(joins[0])} reads more than comes from below, and nothing says that it comes from below`,
    };
  }
  return assembledOf(tensors, order, sides, layers.dims);
}

function nameOf(step: Step | undefined): string {
  return step?.layer.name ?? '';
}

function whyNot(steps: readonly Step[], { main }: Sides): string {
  if (steps.length === main.length) {
    return 'no layer reads more channels than come from below; skips that are added leave no trace in a shape';
  }
  const placed = new Set(steps.map(({ layer }) => layer));
  const [left, ...others] = main.filter((layer) => !placed.has(layer));
  const width = left?.readings[0]?.input ?? 0;
  const more = others.length === 0 ? '' : `, as with ${others.length} others`;
  return `${steps.length} of its ${main.length} layers can be put in a row by what they read and write; nothing in it gives ${left?.name ?? ''} the ${width} channels that it reads${more}`;
}
