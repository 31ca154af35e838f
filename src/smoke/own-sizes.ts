/** What sizes a graph leaves free: one that a file carries may be exported for a single one. */
import type { CompiledGraph } from './compile/index.ts';

/** The only latent that a graph takes; undefined where it takes several. */
export function onlyLatent({
  inputs,
}: CompiledGraph): { readonly height: number; readonly width: number } | undefined {
  const [, , height, width] = inputs.find(({ name }) => name === 'sample')?.dims ?? [];
  return typeof height === 'number' && typeof width === 'number' ? { height, width } : undefined;
}

/** How many latents a graph takes at once, each with a timestep of its own: as many as wanted, or one. */
export function batchFor({ inputs, own }: CompiledGraph, wanted: number): number {
  const fixed = inputs.some(({ dims }) => typeof dims[0] === 'number');
  const together = own?.inputs.get('timestep')?.scalar === true;
  return fixed || together ? 1 : wanted;
}
