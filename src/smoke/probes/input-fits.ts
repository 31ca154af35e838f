/** How well the layers of a net fit what they are given when it is computed otherwise, beside how they do as filed. */
import type { Net } from '../../topology/net.ts';
import type { WeighedExchange } from '../../values/index.ts';
import { type Fits, fitsOf, type Inputs } from './inputs.ts';
import { NotFinite } from './net-subject.ts';
import type { Question } from './subject.ts';
import type { Otherwise, Variants } from './variants.ts';

/** What is done otherwise, an exchange or another reading, and the blocks that it touches. */
export interface FitTrial {
  readonly places: readonly string[];
  readonly otherwise: Pick<Otherwise, 'conventions' | 'pieces'>;
}

export interface WeighedFits extends WeighedExchange {
  readonly layers: number;
}

/**
 * Each of them done, and the blocks that it touches given what they are given then; their fits are summed.
 * @param filed of the net as it is filed, with all blocks that are touched among those looked at
 * @returns for each trial by how much the layers fit better as filed; undefined where the other way gives NaN, or nothing
 *   can be compared
 */
export async function inputFits(
  variants: Variants,
  net: Net,
  filed: Inputs,
  trials: readonly FitTrial[],
): Promise<readonly (WeighedFits | undefined)[]> {
  const found: (WeighedFits | undefined)[] = [];
  for (const trial of trials) {
    try {
      found.push(weighed(filed.fits, await fitsOn(variants, net, filed.questions, trial)));
    } catch (error) {
      if (!(error instanceof NotFinite)) throw error;
      found.push(undefined);
    }
  }
  return found;
}

/** How the layers of some blocks fit what they are given on samples that are at hand. */
export function fitsOn(
  variants: Variants,
  net: Net,
  questions: readonly Question[],
  { places, otherwise }: FitTrial,
): Promise<Fits> {
  const compiled = variants.compiled({ ...otherwise, moments: new Set(places) });
  return variants.on(compiled, async (subject) => {
    await subject.ask(questions);
    return fitsOf(net, subject.moments);
  });
}

function weighed(filed: Fits, exchanged: Fits): WeighedFits | undefined {
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
  return { margin, effect, total: Math.max(filedFit, fit), fit: fit / Math.sqrt(layers), layers };
}
