import { ReadError } from '../bytes/source.ts';
import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import type { RunDetails } from '../report/details.ts';
import type { FileReport } from '../report/report.ts';
import type { RunEvidence } from '../rules/run-evidence.ts';
import type { Against } from '../setup/sources/index.ts';
import type { Judge } from './io.ts';
import { judge, type JudgeLimits } from './judge.ts';
import type { Resolution } from './options.ts';
import type { Parse } from './parser.ts';
import type { NetRun } from './run-net.ts';
import type { Target } from './targets.ts';
import { valuesOf, type ValuesProgress } from './values.ts';

/** A target's report, and what it was made from. */
export interface Checked {
  readonly file: FileReport;
  readonly checkpoint?: Checkpoint;
  readonly components: readonly Component[];
  /** Our own failure, kept for whoever wants to see its stack. */
  readonly bug?: unknown;
}

/** What a target is held to. */
export interface Demands {
  readonly resolution?: Resolution;
  /** What it is held against. */
  readonly against?: Against;
  /** Whether what a page for people shows is wanted too. */
  readonly details?: boolean;
}

export interface CheckOptions extends Demands {
  readonly parse: Parse;
  /** Runs the net too. */
  readonly run?: (target: Target, components: readonly Component[]) => Promise<NetRun>;
  /** Reads the values of all tensors too, and says how far it is. */
  readonly values?: ValuesProgress;
}

/** Opens a target, says what is in it and runs every rule. Never throws: one bad file must not end a long run. */
export async function check(
  target: Target,
  { parse, resolution, against, details = false, values: told, run }: CheckOptions,
): Promise<Checked> {
  try {
    const checkpoint = await target.open(parse);
    let ran: NetRun | undefined;
    const { judged, components } = await judge(checkpoint, {
      ...(resolution === undefined ? {} : { resolution }),
      ...against,
      details,
      ...(run === undefined ? {} : { runNet: async (found) => (ran = await run(target, found)).evidence }),
      ...(told === undefined ? {} : { readValues: (found) => valuesOf(target, checkpoint, found, told) }),
    });
    const { unchecked, ...rest } = judged;
    const file: FileReport = {
      path: target.path,
      ...rest,
      unchecked: [...unchecked, ...(ran?.unchecked ?? [])],
      ...(judged.details === undefined || ran?.evidence === undefined
        ? {}
        : { details: { ...judged.details, run: await detailsOfRun(ran.evidence) } }),
      ...(target.transfer === undefined ? {} : { transfer: target.transfer() }),
    };
    return { file, checkpoint, components };
  } catch (error) {
    return { ...failed(target, error), components: [] };
  }
}

/** Loaded where it is asked for: most runs have no page. */
async function detailsOfRun(evidence: RunEvidence): Promise<RunDetails> {
  const { runDetails } = await import('../report/collect-details.ts');
  return runDetails(evidence);
}

/**
 * The same where only the report is wanted: the rules run in the process that parses too, so that as many files are
 * checked at once as there are judges.
 */
export async function checkBy(
  judge: Judge,
  target: Target,
  { resolution, against, details = false }: Demands,
  limits: JudgeLimits = {},
): Promise<Pick<Checked, 'file' | 'bug'>> {
  try {
    const judged = await target.open(
      judge.judge({
        ...(resolution === undefined ? {} : { resolution }),
        ...against,
        details,
        limits,
      }),
    );
    const transfer = target.transfer === undefined ? {} : { transfer: target.transfer() };
    return { file: { path: target.path, ...judged, ...transfer } };
  } catch (error) {
    return failed(target, error);
  }
}

/** Why there is no result: the file's or the machine's fault, or ours. */
function failed({ path }: Target, error: unknown): Pick<Checked, 'file' | 'bug'> {
  const nothing = { path, components: [], findings: [], unchecked: [] };
  if (error instanceof ReadError) {
    const { reason, hint } = error;
    const failure = { kind: 'unreadable' as const, reason, ...(hint === undefined ? {} : { hint }) };
    const bug = error.cause === undefined ? {} : { bug: error.cause };
    return { file: { ...nothing, failure }, ...bug };
  }
  const failure = {
    kind: 'internal' as const,
    reason: `ungarble itself failed: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'this is a bug in ungarble, not in the file; UNGARBLE_DEBUG=1 shows where',
  };
  return { file: { ...nothing, failure }, bug: error };
}
