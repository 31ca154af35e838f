import type { ComponentKind } from '../components/component.ts';
import type { Witness } from '../setup/witnesses.ts';
import type { Setup } from '../setup/setup.ts';
import type { ProbeName, Says, Verdict } from '../smoke/probes/assessment.ts';
import type { FamilyMatch, Skip } from '../topology/net.ts';
import type { Scale, SkipSizes } from './scale.ts';
import type { U, URow } from './u-rows.ts';

/** A fact in words, and how it is known. */
export interface FactRow {
  readonly name: string;
  readonly value: string;
  readonly known: string;
  readonly from: string;
}

/** A skip, and whether it holds at the size at which the net is looked at. */
export interface DrawnSkip extends Skip {
  readonly sound: boolean;
  /** The two sizes that meet, where they differ. */
  readonly sizes?: SkipSizes;
}

/** A level without its skips: the net has them all. */
export type DrawnRow = Omit<URow, 'skips'>;

export interface DrawnU extends Omit<U, 'rows'> {
  readonly rows: readonly DrawnRow[];
}

/** A net as it is drawn: its picture and its skips, none of its tensors. */
export interface DrawnNet {
  readonly kind: ComponentKind;
  readonly part: string;
  readonly prefix: string;
  readonly family: FamilyMatch;
  readonly dialect: string;
  readonly parameters: number;
  readonly fed: readonly FactRow[];
  readonly u: DrawnU;
  readonly skips: readonly DrawnSkip[];
  readonly scale?: Pick<Scale, 'resolution' | 'asked'>;
}

/** What a program takes something for, in its word or few of ours; `wrong` where that is not so. Raw. */
export interface Taken {
  readonly value: string;
  readonly wrong: boolean;
}

/** What one program makes of a file, in words. */
export type RuntimeRow = {
  readonly program: string;
  readonly version: string;
} & (
  | { readonly refused: string }
  | {
      readonly as: Taken;
      readonly prediction: Taken;
      readonly schedule: Taken;
      readonly scale: Taken;
      /** What decided, what is still to be decided, and what is wrong. */
      readonly remark: string;
    }
);

/** What a run of the net found, in words. */
export interface RunDetails {
  readonly verdict: Verdict;
  readonly evidence: readonly { readonly probe: ProbeName; readonly says: Says; readonly words: string }[];
  readonly unjudged: readonly { readonly probe: ProbeName; readonly reason: string }[];
  /** What everyone beside the weights says of how it is to be run. */
  readonly witnesses: readonly Witness[];
}

/**
 * What a page for people shows of a file beside its findings. Plain data; made only where such a page is asked for, or
 * the JSON that one can be made of, for it is many times the size of the rest.
 */
export interface FileDetails {
  readonly nets: readonly DrawnNet[];
  /** What the model was made with, and what its own folder runs it with. */
  readonly setups: readonly Setup[];
  /** What programs make of it; none where there is no U-Net in it. */
  readonly runtimes: readonly RuntimeRow[];
  /** Absent unless the net was run. */
  readonly run?: RunDetails;
}
