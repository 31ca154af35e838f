/** Compiles each other reading of a checkpoint's net and runs it against the one that is assumed. */
import { normalNoise } from '../../schedule/noise.ts';
import { type Conventions, UnsupportedNetError } from '../compile/index.ts';
import type { Net } from '../../topology/net.ts';
import type { Reading } from './assessment.ts';
import {
  compareReadings,
  drawTrial,
  errorsOf,
  type Hypothesis,
  hypothesesOf,
  isOpen,
  settledBy,
  type Trial,
} from './hypotheses.ts';
import { fitLastLayer, type RefitEffort, type Run } from './last-layer.ts';
import type { Levels } from './levels.ts';
import { type Condition, type NetSubject, NotFinite } from './net-subject.ts';
import type { Refit } from './refit.ts';
import type { Variants } from './variants.ts';

/** What another reading is to be fitted anew with, and what that came to as assumed. */
interface Fit {
  readonly assumed: Refit;
  readonly conditions: readonly Condition[];
  readonly levels: Levels;
  readonly effort: RefitEffort;
}

/** What another reading of the net came to on the assumed one's pictures and its own. */
interface Tried {
  readonly hypothesis: Hypothesis;
  readonly errors: readonly number[];
  readonly trial: Trial;
}

/**
 * Tries every other reading that the shapes allow. One engine is loaded at a time: the assumed reading first and last,
 * the others between.
 * @param fit where the last layer can be fitted anew: readings that the errors leave open are held against that too
 * @throws what `Session.borrow` throws; a reading that gives NaN is a worse one.
 */
export async function tryReadings(
  variants: Variants,
  net: Net,
  { type, levels, seed }: Run,
  fit?: Fit,
): Promise<readonly Reading[]> {
  const hypotheses = hypothesesOf(net, variants.conventions);
  const assumed = variants.compiled();
  const own = await variants.on(assumed, async (subject) => {
    const trial = await drawTrial(subject, type, levels, normalNoise(seed));
    return { trial, errors: await errorsOf(subject, type, levels, trial) };
  });
  const tried: Tried[] = [];
  for (const hypothesis of hypotheses) {
    try {
      tried.push(
        await variants.on(variants.compiled({ conventions: hypothesis.conventions }), async (subject) => {
          const trial = await drawTrial(subject, type, levels, normalNoise(seed));
          const errors = await errorsOf(subject, type, levels, own.trial);
          return {
            hypothesis,
            trial,
            errors: [...errors, ...(await errorsOf(subject, type, levels, trial))],
          };
        }),
      );
    } catch (error) {
      // a reading that cannot be computed is none
      if (!(error instanceof NotFinite) && !(error instanceof UnsupportedNetError)) throw error;
    }
  }
  const compared = await variants.on(assumed, async (subject) => {
    const found: { readonly reading: Reading; readonly other: Conventions }[] = [];
    for (const { hypothesis, trial, errors } of tried) {
      const mine = [...own.errors, ...(await errorsOf(subject, type, levels, trial))];
      const reading = compareReadings(hypothesis, mine, errors);
      found.push({ reading, other: hypothesis.conventions });
    }
    return found;
  });
  const readings: Reading[] = [];
  for (const { reading, other } of compared) {
    if (fit === undefined || !isOpen(reading)) {
      readings.push(reading);
      continue;
    }
    const run = { type, levels: fit.levels, seed };
    const compiled = variants.compiled({ conventions: other, taps: true });
    try {
      const use = (subject: NetSubject): Promise<Refit> => fitLastLayer(subject, run, fit.effort);
      readings.push(settledBy(reading, fit.assumed, await variants.on(compiled, use, fit.conditions)));
    } catch (error) {
      // other pictures than above: what gives NaN on these stays open
      if (!(error instanceof NotFinite)) throw error;
      readings.push(reading);
    }
  }
  return readings;
}
