/** What a run of probes found: plain data that crosses a process boundary as JSON. */
import type { PredictionType } from '../../schedule/prediction.ts';
import type { KnownScheduleId } from '../../schedule/fingerprint.ts';
import type { Device } from '../device.ts';
import type { Refit } from './refit.ts';

/** What one piece of evidence says of the net as it would be run. */
export type Says = 'sound' | 'suspicious' | 'garbled' | 'unclear';

/**
 * `sound`: what was probed is as it should be, and enough was. `unjudged`: nothing speaks against the net, and too
 * little could be judged to speak for it.
 */
export type Verdict = 'sound' | 'suspicious' | 'garbled' | 'unjudged';

export type ProbeName =
  | 'finite'
  | 'overflow'
  | 'prediction_type'
  | 'schedule'
  | 'gain'
  | 'symmetry'
  | 'refit'
  | 'time'
  | 'text'
  | 'pooled'
  | 'class'
  | 'denoise'
  | 'reading'
  | 'wiring'
  | 'inputs'
  | 'exchange'
  | 'numbers'
  | 'text_encoder'
  | 'autoencoder';

/** Numbers and names, by the names of what they measure; a number that is none is left out. */
export type Figures = Readonly<Record<string, number | string>>;

/** One thing that a probe found. Its words are derived from it, by `evidenceWords`. */
export interface Evidence {
  readonly probe: ProbeName;
  readonly says: Says;
  /** Which of the probe's findings it is: `not-finite`, `prediction-differs` … */
  readonly finding: string;
  /** A block (canonical module path) or another place. */
  readonly place?: string;
  readonly measured: Figures;
  readonly expected: Figures;
}

/** What the net predicts, read off it. */
export interface PredictionReading {
  /** Absent where it is none of those known, or not clear. */
  readonly type?: PredictionType;
  /** Slope of the output on pure noise at the last timestep: 1 for ε, about 0 else. */
  readonly noiseSlope: number;
  /** Of a noised field at a low timestep, how much of the noise is in the output: much for ε and v, little for x₀. */
  readonly noiseShare: number;
  /** How much of the field: all for x₀, little else. */
  readonly pictureShare: number;
  /** Standard error of the slope. */
  readonly slopeError: number;
}

/** σ/α at one timestep, read off the net. */
export interface NoisePoint {
  readonly timestep: number;
  /** Absent where nothing in the range looked at fits. */
  readonly sigma?: number;
  /** Standard error of ln σ, from the noises and samples that it was read with. */
  readonly error?: number;
}

/** The schedule that the net was trained on, read off it. */
export interface ScheduleReading {
  readonly points: readonly NoisePoint[];
  /** How many of them are certain enough to count; below four nothing is told. */
  readonly told: number;
  /** Known schedules, the nearest first; `distance`: root mean square of ln(σ read / σ known) over the points. */
  readonly candidates: readonly { readonly schedule: KnownScheduleId; readonly distance: number }[];
  /** The nearest, where it is near; absent means another, or none. */
  readonly nearest?: KnownScheduleId;
  /** Other known schedules that cannot be told from it on these points. */
  readonly alike: readonly KnownScheduleId[];
  /** Distance of the declared schedule, as above. */
  readonly declared: number;
  /** How far off a right one is to be expected: the standard error of the points that count, all together. */
  readonly error: number;
  /** Whether the declared one is near, and no known one fits clearly better. */
  readonly declaredFits: boolean;
  /**
   * For nets of x₀, where schedules were tried on pictures drawn on them: by how much the best leaves less error than
   * the declared one, as mean logarithm, and the standard error of that.
   */
  readonly tried?: { readonly margin: number; readonly error: number };
}

/** Two ways to compute the same weights, run against each other. */
export interface Reading {
  /** What no shape tells: `heads`, `sinusoid`, `downsample padding` … */
  readonly about: string;
  /** As the net is read, and as it might be. */
  readonly assumed: string;
  readonly other: string;
  /** Mean of ln(error as assumed / error as other) of the noise found; above 0 the other is better. */
  readonly margin: number;
  /** Its standard error. */
  readonly error: number;
  readonly better: 'assumed' | 'other' | 'neither';
  /** Where the errors leave it open: what a new fit of the last layer would take away, as assumed and as other. */
  readonly refits?: { readonly assumed: Refit; readonly other: Refit };
  /**
   * Where that leaves it open too: by how much the layers fit what they are given better with the other, in standard
   * deviations of chance divided by the root of their number.
   */
  readonly fits?: number;
}

/** Two parts of one shape that the weights alone do not tell apart, looked at as they are filed and exchanged. */
export interface ExchangeReading {
  /** `blocks`: two blocks. `skips`: what two decoder resnets read of their skips. `halves`: a skip and what comes from below. */
  readonly kind: 'blocks' | 'skips' | 'halves';
  readonly places: readonly string[];
  /** By how much their layers fit what they are given better as filed, in standard deviations of chance and without these. */
  readonly fits?: {
    readonly margin: number;
    readonly effect: number;
    readonly better: 'filed' | 'exchanged' | 'neither';
  };
  /** Mean change of ln error on pictures that the net draws as it is filed; absent where it was not run both ways. */
  readonly moved?: number;
  /** Mean of ln(error as filed / error exchanged) over the pictures of both; absent where nothing moves. */
  readonly margin?: number;
  /** Its standard error. */
  readonly error?: number;
  /** `alike`: it makes no difference to what is drawn. `neither`: which is right cannot be told. */
  readonly better: 'filed' | 'exchanged' | 'alike' | 'neither';
}

/** How one block fits what it is given in a run. */
export interface BlockFit {
  readonly block: string;
  /** Σ/√L over the layers that read first, in standard deviations of chance. */
  readonly fit: number;
  /** `unfit`: it is at chance, and nearly all others of its kind are far from it. */
  readonly verdict: 'fits' | 'unclear' | 'unfit';
}

/** A probe that said nothing, and why. */
export interface Unjudged {
  readonly probe: ProbeName;
  readonly reason: string;
}

export interface Assessment {
  readonly verdict: Verdict;
  /** The gravest first. */
  readonly evidence: readonly Evidence[];
  /** What the model is run with when nobody asks for anything else, where probed. */
  readonly declared: {
    readonly prediction_type: PredictionType;
    /** How it is known, and from whom. */
    readonly from: string;
    /** The known schedule that it is, if it is one. */
    readonly schedule?: KnownScheduleId;
  };
  readonly read: {
    readonly prediction?: PredictionReading;
    readonly schedule?: ScheduleReading;
    /** Conventions that were tried against others. */
    readonly readings?: readonly Reading[];
    /** Resnets and attentions, in the order in which they run. */
    readonly inputs?: readonly BlockFit[];
    /** Exchanges that the weights leave open. */
    readonly exchanges?: readonly ExchangeReading[];
  };
  /** Largest activation of each block over the probes' inputs, in the order in which they run; where measured. */
  readonly activations: readonly { readonly block: string; readonly largest: number }[];
  /** Largest product of a query and a key in each block with attention, before it is scaled; where measured. */
  readonly scores: readonly { readonly block: string; readonly largest: number }[];
  /** Where the net ran. */
  readonly device: Device;
  readonly unjudged: readonly Unjudged[];
  /** Latents that the net was run on, all calls together. */
  readonly forwards: number;
  /** Milliseconds by probe, and `load`, `text`, `total`. */
  readonly times: Figures;
}
