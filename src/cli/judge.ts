import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import type { FileDetails } from '../report/details.ts';
import { summariseCheckpoint, summariseComponent, type FileReport } from '../report/report.ts';
import { validateCheckpoint, type ValidateOptions } from '../rules/validate.ts';
import type { Against } from '../setup/sources/index.ts';
import type { CheckpointValues } from '../values/read-values.ts';
import type { Resolution } from './options.ts';

/** What the rules make of a checkpoint, as plain data: it may come from another process. */
export type Judged = Required<Pick<FileReport, 'checkpoint' | 'components' | 'findings' | 'unchecked'>> &
  Pick<FileReport, 'details'>;

/** What it is judged by, as plain data too. */
export interface JudgeOptions extends Partial<Against> {
  readonly resolution?: Resolution;
  /** Whether what a page for people shows is wanted too. */
  readonly details?: boolean;
  /** What it may take, where that is less than for all. */
  readonly limits?: JudgeLimits;
}

/** Bounds of one file. */
export interface JudgeLimits {
  /** Time that it may compute. */
  readonly seconds?: number;
  readonly memoryMb?: number;
}

/** Runs every rule on a checkpoint, and keeps of it what a report needs. */
export async function judge(
  checkpoint: Checkpoint,
  { details = false, ...options }: ValidateOptions & Pick<JudgeOptions, 'details'>,
): Promise<{ readonly judged: Judged; readonly components: readonly Component[] }> {
  const { components, findings, values } = await validateCheckpoint(checkpoint, options);
  const judged: Judged = {
    checkpoint: summariseCheckpoint(checkpoint, components),
    components: components.map(summariseComponent),
    findings,
    unchecked: [...checkpoint.unchecked, ...(values?.unchecked ?? [])],
    ...(details ? { details: await detailsIn(checkpoint, components, options.resolution, values) } : {}),
  };
  return { judged, components };
}

/** Loaded where it is asked for: most runs have no page. */
async function detailsIn(
  checkpoint: Checkpoint,
  components: readonly Component[],
  resolution: Resolution | undefined,
  values: CheckpointValues | undefined,
): Promise<FileDetails> {
  const { detailsOf } = await import('../report/collect-details.ts');
  const { inspectedNets, runtimesIn } = await import('./inspected.ts');
  const nets = inspectedNets(components, resolution);
  return detailsOf(checkpoint, components, nets, runtimesIn(checkpoint, components, values));
}
