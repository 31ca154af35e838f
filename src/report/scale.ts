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

/** False when the two sides of a skip differ in height or width at this scale. */
export function fitsAt(skip: Skip, scale: Scale): boolean {
  const producer = scale.sizes.get(skip.producer);
  const consumer = scale.sizes.get(skip.consumer);
  if (producer === undefined || consumer === undefined) return true;
  return producer.height === consumer.height && producer.width === consumer.width;
}
