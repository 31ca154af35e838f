/** A new fit of the last layer on pictures that the net draws itself. */
import { normalNoise } from '../../schedule/noise.ts';
import type { PredictionType } from '../../schedule/prediction.ts';
import type { Levels } from './levels.ts';
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
}

/** Draws, polishes and fits; each picture under the condition of its number. */
export async function fitLastLayer(
  subject: OpenSubject,
  { type, levels, seed }: Run,
  { pictures: count, steps, polish, ...options }: RefitEffort,
): Promise<Refit> {
  const noise = normalNoise(seed);
  const clean = await ownPictures(subject, type, levels, noise, { count, steps, polish });
  return refit(subject, type, levels, clean, noise, options);
}
