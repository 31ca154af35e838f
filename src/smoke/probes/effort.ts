/** How much is run on a net of what size. */
import type { Net } from '../../topology/net.ts';
import type { RefitEffort } from './last-layer.ts';
import type { ScheduleOptions } from './schedule-fit.ts';
import type { SymmetryOptions } from './symmetry.ts';

/** How much is run: small nets cost nothing, large ones have a minute on two cores. */
export interface Effort extends ScheduleOptions {
  readonly side: number;
  /** Pictures at which the symmetry is looked at. */
  readonly places: number;
  readonly symmetry: SymmetryOptions;
  readonly batch: number;
}

/** Parameters up to which what is left open is run both ways: half a minute each. */
const SMALL = 4e6;

/** … and up to which the last layer is fitted anew and each block held against what it is given: 15 s in some 1,000 runs. */
const REFITTED = 6e6;

/** Whether what only small nets can bear is done with this one. */
export function isSmall({ parameters }: Net, thorough: boolean | undefined): boolean {
  return parameters <= SMALL || thorough === true;
}

/** Whether a new fit of its last layer is looked at, and what all of its blocks are given. */
export function isRefitted({ parameters }: Net, thorough: boolean | undefined): boolean {
  return parameters <= REFITTED || thorough === true;
}

/** Whether it is no large net, which has a minute on two cores for all that is done. */
export function isBearable({ parameters }: Net, thorough: boolean | undefined): boolean {
  return parameters < LARGE || thorough === true;
}

/** Why what is done with small nets is not done. */
export const MINUTES = 'it takes minutes on a net of this size, which ungarble smoke --thorough takes';

export const REFIT: RefitEffort = {
  pictures: 16,
  steps: 24,
  polish: [1, 0.7, 0.5, 0.35, 0.25, 0.17, 0.12, 0.08, 0.05],
  sigmas: [0.15, 0.19, 0.24, 0.3, 0.37, 0.46, 0.57, 0.7, 0.85, 1.05, 1.3, 1.6],
  repeats: 2,
};

/** Parameters from which a net counts as large. */
const LARGE = 150e6;

const THOROUGH: Effort = {
  side: 32,
  pictures: 4,
  more: 16,
  steps: 12,
  polish: [1, 0.7, 0.5, 0.35, 0.25, 0.17, 0.12, 0.08],
  spacing: 0.36,
  rereads: 2,
  tried: 24,
  places: 2,
  symmetry: { sigmas: [0.3, 0.8, 2], directions: 10 },
  batch: 16,
};

const FRUGAL: Effort = {
  side: 16,
  pictures: 2,
  more: 2,
  steps: 8,
  polish: [0.7, 0.35, 0.17, 0.1],
  spacing: 0.5,
  rereads: 1,
  tried: 0,
  places: 1,
  symmetry: { sigmas: [0.8], directions: 6 },
  batch: 4,
};

/** The more pictures, the less a reading of the schedule hangs on what they happen to be. */
const PATIENT: Effort = { ...THOROUGH, pictures: 16 };

/** Few pictures for a large net, many for who has the time. */
export function effortFor({ parameters }: Net, thorough: boolean | undefined): Effort {
  if (thorough === true) return parameters < LARGE ? PATIENT : THOROUGH;
  return parameters < LARGE ? THOROUGH : FRUGAL;
}
