import type { ComponentKind } from '../components/component.ts';
import type { RunEvidence } from '../rules/run-evidence.ts';
import type { Difference } from '../runtimes/differences.ts';
import type { RuntimeReading } from '../runtimes/index.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import type { Setup } from '../setup/setup.ts';
import type { FamilyMatch, Skip } from '../topology/net.ts';
import type { Extent } from '../topology/resolution.ts';
import type { Scale } from './scale.ts';
import type { U } from './u-rows.ts';

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
  readonly sizes?: { readonly below: Extent; readonly kept: Extent };
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
  readonly u: U;
  readonly skips: readonly DrawnSkip[];
  readonly scale?: Pick<Scale, 'resolution' | 'asked'>;
}

/** What one program makes of a file. */
export interface RuntimeRow extends Pick<RuntimeReading, 'decision'> {
  readonly runtime: Omit<Runtime, 'decide'>;
}

/** What programs make of a file, and what they would get wrong: the data of a runtime report, without its functions. */
export interface RuntimeDetails {
  readonly readings: readonly RuntimeRow[];
  readonly differences: readonly Difference[];
}

/**
 * What a page for people shows of a file beside its findings. Plain data; made only where such a page is asked for,
 * for it is many times the size of the rest.
 */
export interface FileDetails {
  readonly nets: readonly DrawnNet[];
  /** What the model was made with, and what its own folder runs it with. */
  readonly setups: readonly Setup[];
  readonly runtimes: RuntimeDetails;
  /** What a run of the net found; absent unless it was run. */
  readonly run?: RunEvidence;
}
