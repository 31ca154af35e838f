/** Compiles each other reading of a checkpoint's net and runs it against the one that is assumed. */
import { normalNoise } from '../../schedule/noise.ts';
import { type Conventions, UnsupportedNetError } from '../compile/index.ts';
import type { Reading } from './assessment.ts';
import { compareReadings, drawTrial, errorsOf, type Hypothesis, type Trial } from './hypotheses.ts';
import type { Run } from './last-layer.ts';
import { NotFinite } from './net-subject.ts';
import type { Variants } from './variants.ts';

/** Another reading held against the assumed one. */
export interface Compared {
  readonly reading: Reading;
  readonly other: Conventions;
}

/** What another reading of the net came to on the assumed one's pictures and its own. */
interface Tried {
  readonly hypothesis: Hypothesis;
  readonly errors: readonly number[];
  readonly trial: Trial;
}

/**
 * Tries other readings. One engine is loaded at a time: the assumed reading first and last,
 * the others between.
 * @throws what `Session.borrow` throws; a reading that gives NaN is a worse one.
 */
export async function tryReadings(
  variants: Variants,
  { type, levels, seed }: Run,
  hypotheses: readonly Hypothesis[],
): Promise<readonly Compared[]> {
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
  return variants.on(assumed, async (subject) => {
    const found: Compared[] = [];
    for (const { hypothesis, trial, errors } of tried) {
      const mine = [...own.errors, ...(await errorsOf(subject, type, levels, trial))];
      const reading = compareReadings(hypothesis, mine, errors);
      found.push({ reading, other: hypothesis.conventions });
    }
    return found;
  });
}
