import { ReadError } from '../bytes/source.ts';
import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { summariseCheckpoint, summariseComponent, type FileReport } from '../report/report.ts';
import { validateCheckpoint } from '../rules/validate.ts';
import type { Resolution } from './options.ts';
import type { Target } from './targets.ts';

/** A target's report, and what it was made from. */
export interface Checked {
  readonly file: FileReport;
  readonly checkpoint?: Checkpoint;
  readonly components: readonly Component[];
  /** Our own failure, kept for whoever wants to see its stack. */
  readonly bug?: unknown;
}

/** Opens a target, says what is in it and runs every rule. Never throws: one bad file must not end a long run. */
export async function check(target: Target, resolution?: Resolution): Promise<Checked> {
  const { path } = target;
  const nothing = { path, components: [], findings: [], unchecked: [] };
  try {
    const checkpoint = await target.open();
    const options = resolution === undefined ? {} : { resolution };
    const { components, findings } = await validateCheckpoint(checkpoint, options);
    const file: FileReport = {
      path,
      checkpoint: summariseCheckpoint(checkpoint, components),
      components: components.map(summariseComponent),
      findings,
      unchecked: checkpoint.unchecked,
    };
    return { file, checkpoint, components };
  } catch (error) {
    if (error instanceof ReadError) {
      const { reason, hint } = error;
      const failure = { kind: 'unreadable' as const, reason, ...(hint === undefined ? {} : { hint }) };
      return { file: { ...nothing, failure }, components: [] };
    }
    const failure = {
      kind: 'internal' as const,
      reason: `ungarble itself failed: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'this is a bug in ungarble, not in the file; UNGARBLE_DEBUG=1 shows where',
    };
    return { file: { ...nothing, failure }, components: [], bug: error };
  }
}
