/** Readings that a first comparison leaves open, held against the assumed one in slower ways. */
import type { Net } from '../../topology/net.ts';
import type { Reading } from './assessment.ts';
import { duels } from './duel.ts';
import { REFIT } from './effort.ts';
import { fittedBy, isOpen, settledBy } from './hypotheses.ts';
import { fitsOn, inputFits } from './input-fits.ts';
import { blocksGiven, type Inputs } from './inputs.ts';
import { fitLastLayer, type Run } from './last-layer.ts';
import { NotFinite } from './net-subject.ts';
import type { Refit } from './refit.ts';
import type { Compared } from './try-readings.ts';
import type { Variants } from './variants.ts';

const BETTER = { own: 'assumed', other: 'other', alike: 'neither', neither: 'neither' } as const;

/**
 * All readings, those that were open settled where that can be done. Duels do it, but for nets of x₀ (see `duels`): these
 * are settled by what a new fit of the last layer takes away.
 * @param assumed what it takes away as assumed, where that was looked at
 */
export async function settleReadings(
  variants: Variants,
  run: Run,
  compared: readonly Compared[],
  assumed?: Refit,
): Promise<readonly Compared[]> {
  const open = compared.filter(({ reading }) => isOpen(reading));
  const settled = new Map<Reading, Reading>();
  if (run.type !== 'sample') {
    const ways = open.map(({ other }) => ({ conventions: other }));
    for (const [index, { better, ...figures }] of (await duels(variants, run, ways)).entries()) {
      const { reading } = open[index] as Compared;
      settled.set(reading, { ...reading, ...figures, better: BETTER[better] });
    }
  } else if (assumed !== undefined) {
    for (const each of open) settled.set(each.reading, await fittedAnew(variants, run, each, assumed));
  }
  return compared.map((each) => ({ ...each, reading: settled.get(each.reading) ?? each.reading }));
}

/** Levels of noise of which one is asked about: all layers speak together, so fewer samples do. */
const EVERY = 3;

/**
 * What is open even then, by which of both ways the layers fit what they are given: that asks nothing of what is drawn.
 * @param inputs samples that the net is asked about, with what its layers are given as assumed
 */
export async function fitReadings(
  variants: Variants,
  net: Net,
  { questions: asked }: Inputs,
  compared: readonly Compared[],
): Promise<readonly Reading[]> {
  const open = compared.filter(({ reading }) => isOpen(reading));
  if (open.length === 0) return compared.map(({ reading }) => reading);
  const places = blocksGiven(net);
  // whole levels: what is measured of a layer has no mean over a run, so a run is of one timestep
  const timesteps = [...new Set(asked.map(({ timestep }) => timestep))];
  const questions = asked.filter(({ timestep }) => timesteps.indexOf(timestep) % EVERY === 1);
  const inputs = { questions, fits: await fitsOn(variants, net, questions, { places, otherwise: {} }) };
  const trials = open.map(({ other }) => ({ places, otherwise: { conventions: other } }));
  const fits = await inputFits(variants, net, inputs, trials);
  return compared.map((each) => {
    const found = fits[open.indexOf(each)];
    return found === undefined
      ? each.reading
      : fittedBy(each.reading, -found.margin / Math.sqrt(found.layers));
  });
}

async function fittedAnew(
  variants: Variants,
  run: Run,
  { reading, other }: Compared,
  assumed: Refit,
): Promise<Reading> {
  const compiled = variants.compiled({ conventions: other, taps: true });
  try {
    return settledBy(
      reading,
      assumed,
      await variants.on(compiled, async (subject) => (await fitLastLayer(subject, run, REFIT)).refit),
    );
  } catch (error) {
    // other pictures than before: what gives NaN on these stays open
    if (!(error instanceof NotFinite)) throw error;
    return reading;
  }
}
