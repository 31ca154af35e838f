/** A new fit of the last layer on pictures that the net draws itself. */
import { normalNoise } from '../../schedule/noise.ts';
import type { PredictionType } from '../../schedule/prediction.ts';
import type { Levels } from './levels.ts';
import type { Clean } from './mixing.ts';
import { type Refit, type RefitOptions, refit } from './refit.ts';
import { ownPictures } from './samples.ts';
import type { OpenSubject } from './subject.ts';

export interface RefitEffort extends RefitOptions {
  readonly pictures: number;
  readonly steps: number;
  /** Falling σ/α at which they are polished. */
  readonly polish: readonly number[];
}

/** How the net is asked. */
export interface Run {
  readonly type: PredictionType;
  readonly levels: Levels;
  readonly seed: number;
  /** Pictures that the net drew by this seed, each under the condition of its number, where there are any already. */
  readonly pictures?: readonly Clean[];
}

/** Draws, polishes and fits; each picture under the condition of its number. */
export async function fitLastLayer(
  subject: OpenSubject,
  { type, levels, seed }: Run,
  { pictures: count, steps, polish, ...options }: RefitEffort,
): Promise<{ readonly refit: Refit; readonly pictures: readonly Clean[] }> {
  const noise = normalNoise(seed);
  const pictures = await ownPictures(subject, type, levels, noise, { count, steps, polish });
  return { refit: await refit(subject, type, levels, pictures, noise, options), pictures };
}
