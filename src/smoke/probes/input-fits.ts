/** How well the layers of a net fit what they are given with parts of it exchanged, beside how they do as filed. */
import type { Net } from '../../topology/net.ts';
import type { WeighedExchange } from '../../values/index.ts';
import type { Pieces } from './exchanged.ts';
import { type Fits, fitsOf, type Inputs } from './inputs.ts';
import { NotFinite } from './net-subject.ts';
import type { Variants } from './variants.ts';

/** An exchange: the blocks it touches, and what their tensors are made of once it is done. */
export interface ExchangeTrial {
  readonly places: readonly string[];
  readonly pieces: Pieces;
}

/**
 * Each exchange done, and the blocks that it touches given what they are given then; their fits are summed.
 * @param filed of the net as it is filed, with all blocks that are touched among those looked at
 * @returns for each trial by how much the layers fit better as filed; undefined where the other way gives NaN, or nothing
 *   can be compared
 */
export async function inputFits(
  variants: Variants,
  net: Net,
  filed: Inputs,
  trials: readonly ExchangeTrial[],
): Promise<readonly (WeighedExchange | undefined)[]> {
  const found: (WeighedExchange | undefined)[] = [];
  for (const { places, pieces } of trials) {
    const compiled = variants.compiled({ moments: new Set(places), pieces });
    try {
      const exchanged = await variants.on(compiled, async (subject) => {
        await subject.ask(filed.questions);
        return fitsOf(net, subject.moments);
      });
      found.push(weighed(filed.fits, exchanged));
    } catch (error) {
      if (!(error instanceof NotFinite)) throw error;
      found.push(undefined);
    }
  }
  return found;
}

function weighed(filed: Fits, exchanged: Fits): WeighedExchange | undefined {
  let [margin, effect, filedFit, fit, layers] = [0, 0, 0, 0, 0];
  for (const [layer, { size, scale }] of exchanged) {
    const before = filed.get(layer);
    if (before === undefined) continue;
    margin += (before.size - size) * scale;
    effect += before.size - size;
    filedFit += before.size * scale;
    fit += size * scale;
    layers += 1;
  }
  if (layers === 0) return undefined;
  return { margin, effect, total: Math.max(filedFit, fit), fit: fit / Math.sqrt(layers) };
}
