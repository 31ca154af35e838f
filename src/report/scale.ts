import type { Skip } from '../topology/net.ts';
import type { Extent } from '../topology/resolution.ts';

/** The size at which a net is looked at. */
export interface Scale {
  /** Pixels. */
  readonly resolution: { readonly width: number; readonly height: number };
  /** True when the user asked for it, false when it is the one that the family was trained at. */
  readonly asked: boolean;
  /** Size of the net's input. */
  readonly latent: Extent;
  /** Size of what each block puts out, by block id. */
  readonly sizes: ReadonlyMap<string, Extent>;
}

/** The sizes of both sides of a skip. */
export interface SkipSizes {
  readonly below: Extent;
  readonly kept: Extent;
}

/** The two sizes that meet at a skip, where they differ in height or width at this scale. */
export function unlikeSizes(skip: Skip, scale: Scale): SkipSizes | undefined {
  const kept = scale.sizes.get(skip.producer);
  const below = scale.sizes.get(skip.consumer);
  if (kept === undefined || below === undefined) return undefined;
  return kept.height === below.height && kept.width === below.width ? undefined : { below, kept };
}

/** False when the two sides of a skip differ in height or width at this scale. */
export function fitsAt(skip: Skip, scale: Scale): boolean {
  return unlikeSizes(skip, scale) === undefined;
}
