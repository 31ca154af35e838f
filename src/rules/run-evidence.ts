import type { Difference } from '../runtimes/differences.ts';
import type { Witness } from '../setup/witnesses.ts';
import type { Assessment, Evidence } from '../smoke/probes/assessment.ts';

/** What a run of the net found: plain data, for it may come from another process. */
export interface RunEvidence {
  readonly assessment: Assessment;
  /** The assessment's evidence, each with its words. */
  readonly evidence: readonly WordedEvidence[];
  /** What everyone beside the weights says of how the net is to be run. */
  readonly witnesses: readonly Witness[];
  /** What programs that run such files would get wrong of it; absent where that was not asked. */
  readonly programs?: readonly Difference[];
}

export interface WordedEvidence {
  readonly evidence: Evidence;
  /** One sentence. Raw. */
  readonly words: string;
}
