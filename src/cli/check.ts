import { ReadError } from '../bytes/source.ts';
import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { summariseCheckpoint, summariseComponent, type FileReport } from '../report/report.ts';
import { validateCheckpoint } from '../rules/validate.ts';
import type { Against } from '../setup/sources/index.ts';
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

export interface CheckOptions {
  readonly parse: Parse;
  readonly resolution?: Resolution;
  /** What it is held against. */
  readonly against?: Against;
  /** Runs the net too. */
  readonly run?: (target: Target, components: readonly Component[]) => Promise<NetRun>;
  /** Reads the values of all tensors too, and says how far it is. */
  readonly values?: ValuesProgress;
}

/** Opens a target, says what is in it and runs every rule. Never throws: one bad file must not end a long run. */
export async function check(
  target: Target,
  { parse, resolution, against, values: told, run }: CheckOptions,
): Promise<Checked> {
  const { path } = target;
  const nothing = { path, components: [], findings: [], unchecked: [] };
  try {
    const checkpoint = await target.open(parse);
    let ran: NetRun | undefined;
    const { components, findings, values } = await validateCheckpoint(checkpoint, {
      ...(resolution === undefined ? {} : { resolution }),
      ...against,
      ...(run === undefined ? {} : { runNet: async (found) => (ran = await run(target, found)).evidence }),
      ...(told === undefined ? {} : { readValues: (found) => valuesOf(target, checkpoint, found, told) }),
    });
    const file: FileReport = {
      path,
      checkpoint: summariseCheckpoint(checkpoint, components),
      components: components.map(summariseComponent),
      findings,
      unchecked: [...checkpoint.unchecked, ...(values?.unchecked ?? []), ...(ran?.unchecked ?? [])],
      ...(target.transfer === undefined ? {} : { transfer: target.transfer() }),
    };
    return { file, checkpoint, components };
  } catch (error) {
    if (error instanceof ReadError) {
      const { reason, hint } = error;
      const failure = { kind: 'unreadable' as const, reason, ...(hint === undefined ? {} : { hint }) };
      const bug = error.cause === undefined ? {} : { bug: error.cause };
      return { file: { ...nothing, failure }, components: [], ...bug };
    }
    const failure = {
      kind: 'internal' as const,
      reason: `ungarble itself failed: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'this is a bug in ungarble, not in the file; UNGARBLE_DEBUG=1 shows where',
    };
    return { file: { ...nothing, failure }, components: [], bug: error };
  }
}
