import type { Checkpoint } from '../formats/checkpoint.ts';
import type { ConfigReport } from '../components/config-report.ts';
import type { Component } from '../components/component.ts';
import type { Identity, Lock } from '../setup/lock.ts';
import type { Setup } from '../setup/setup.ts';
import type { SidecarReading } from '../setup/sources/sidecar.ts';
import type { CheckpointValues } from '../values/read-values.ts';
import type { RunEvidence } from './run-evidence.ts';

export type Severity = 'error' | 'warning' | 'note';

/** The cheapest thing that had to be read to know. */
export type Evidence = 'header' | 'config' | 'values' | 'run';

export type Area = 'FMT' | 'SAFE' | 'TOPO' | 'COMP' | 'SCHED' | 'VAL' | 'RES' | 'RUN' | 'READ';

/** `TOPO003`. Stable for ever, never used again for something else. */
export type RuleId = `${Area}${number}`;

/** Where a finding is. All parts that are known are given; names are raw, as the file has them. */
export interface FindingPlace {
  /** Path of the file, relative to what was opened. */
  readonly file?: string;
  readonly bytes?: { readonly offset: number; readonly length: number };
  /** The tensor's full name in the file. */
  readonly tensor?: string;
  /** Canonical block id: `up_blocks.1.resnets.0`. */
  readonly block?: string;
  /** Component kind, or the component folder's name. */
  readonly component?: string;
  /** JSON pointer in a config file. */
  readonly pointer?: string;
}

/** Plain values only: a finding is data, and its text is derived last. */
export type FindingArgs = Readonly<
  Record<string, string | number | boolean | readonly string[] | readonly number[] | null>
>;

/** What a rule's check yields. */
export interface Draft<A extends FindingArgs> {
  readonly args: A;
  readonly place: FindingPlace;
  /** Other places that belong to the same fault. */
  readonly related?: readonly FindingPlace[];
  /** Where it differs from the rule's own severity. */
  readonly severity?: Severity;
}

/** The words for one finding. Names inside may be hostile: the caller escapes the result. */
export interface Wording {
  /** What is wrong, one line, no final stop. */
  readonly what: string;
  readonly found?: string;
  readonly expected?: string;
  /** How it is known, where that is not plain from the place. */
  readonly evidence?: string;
  /** How to mend this one; the rule's `mend` where absent. */
  readonly fix?: string;
}

/** What the YAML beside a file says, and whether it is among the setups that the model is held against. */
export interface SidecarEvidence extends SidecarReading {
  readonly used: boolean;
}

/** What rules look at. They are pure: all reading is over when they run. */
export interface RuleContext {
  readonly checkpoint: Checkpoint;
  readonly components: readonly Component[];
  /** What the schemas make of the configs beside the weights. */
  readonly configs: readonly ConfigReport[];
  /** Pixels, when the user asked for a resolution. */
  readonly resolution?: { readonly width: number; readonly height: number };
  /** What the numbers of the tensors say; absent unless they were asked for. */
  readonly values?: CheckpointValues;
  /** What the model is held against. */
  readonly setups?: readonly Setup[];
  /** The YAML beside the file, where there is one. */
  readonly sidecar?: SidecarEvidence;
  /** Lock files that it is held against. */
  readonly locks?: readonly Lock[];
  /** What the model is; there where there are locks. */
  readonly identity?: Identity;
  /** What a run of the net found; absent unless it was asked for. */
  readonly run?: RunEvidence;
}

/** One rule: its page, its check and its words. One file each, one line in the registry. */
export interface Rule<A extends FindingArgs = FindingArgs> {
  readonly id: RuleId;
  /** Names the fault, not the cure: `tensor-overlap`. */
  readonly name: string;
  /** One line: `Two tensors share bytes`. */
  readonly title: string;
  readonly severity: Severity;
  readonly evidence: Evidence;
  /** Version it came with. */
  readonly since: string;
  /** Why it matters: what goes wrong for whom. Markdown paragraphs. */
  readonly why: string;
  /** How to mend it. Markdown. */
  readonly mend: string;
  /** Where the facts come from. */
  readonly sources: readonly string[];
  check(context: RuleContext): Iterable<Draft<A>>;
  words(args: A): Wording;
}

/** A finding: one rule, one place. */
export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly args: FindingArgs;
  readonly place: FindingPlace;
  readonly related: readonly FindingPlace[];
}

/** Gives a rule its argument type, then forgets it, so that all rules fit one registry. */
export function defineRule<A extends FindingArgs>(rule: Rule<A>): Rule {
  return {
    ...rule,
    // the registry pairs a finding with the rule that made it, so the arguments are this rule's own
    words: (args) => rule.words(args as A),
  };
}
