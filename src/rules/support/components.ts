/** What the COMP rules share: finding components, naming them, saying where they are. */
import type { Component, ComponentKind } from '../../components/component.ts';
import type { Part } from '../../formats/checkpoint.ts';
import type { Net } from '../../topology/net.ts';
import { componentName } from './places.ts';
import type { FindingPlace, RuleContext } from '../rule.ts';

export function ofKind(
  { components }: RuleContext,
  ...kinds: readonly ComponentKind[]
): readonly Component[] {
  return components.filter((component) => kinds.includes(component.kind));
}

/** A live U-Net that could be rebuilt. */
export interface LiveNet {
  readonly component: Component;
  readonly net: Net;
}

export function liveNets(context: RuleContext): readonly LiveNet[] {
  return ofKind(context, 'unet').flatMap((component) =>
    component.net === undefined ? [] : [{ component, net: component.net }],
  );
}

export function numberFact(component: Component, name: string): number | undefined {
  const value = component.facts.get(name)?.value;
  return typeof value === 'number' ? value : undefined;
}

export function textFact(component: Component, name: string): string | undefined {
  const value = component.facts.get(name)?.value;
  return typeof value === 'string' ? value : undefined;
}

/** A component in words, with where it lies when that helps to tell it from another. */
export function nameOf({ title, part, prefix }: Component): string {
  const where = prefix.replace(/\.$/, '') || part;
  return where === '' ? title : `${title} (${where})`;
}

/** Where a component is: its file, its kind or folder, and a tensor where one is to blame. */
export function placeOf(context: RuleContext, component: Component, tensor?: string): FindingPlace {
  const named = component.tensors.find(({ tensor: { name } }) => name === tensor) ?? component.tensors[0];
  const file = named === undefined ? undefined : context.checkpoint.files[named.tensor.file]?.path;
  return {
    ...(file === undefined ? {} : { file }),
    component: componentName(component),
    ...(tensor === undefined ? {} : { tensor }),
  };
}

/** The part that a component was found in. */
export function partOf(context: RuleContext, component: Component): Part | undefined {
  const first = component.tensors[0]?.tensor;
  return context.checkpoint.parts.find(
    (part) => part.name === component.part && (first === undefined || part.tensors.includes(first)),
  );
}

/**
 * Families whose added width is something else than pooled text and time ids: an image's embedding (unCLIP,
 * SVD, Kandinsky), camera angles (SV3D), a task (Lotus), pooled T5 (DeepFloyd IF).
 */
const OTHER_ADDED = /^(?:sd2-unclip|svd|sv3d|lotus|kandinsky|deepfloyd)/;

/** True for a net fed with pooled text and time ids beside the text: SDXL and what is made from it. */
export function isSdxlGrammar({ family, conditioning, spatialDims }: Net): boolean {
  if (conditioning.addedWidth === undefined || conditioning.crossAttentionDim === undefined) return false;
  if (spatialDims !== 2 || OTHER_ADDED.test(family.id)) return false;
  return family.id !== 'custom' || family.title.includes('SDXL');
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}
