import { checkConfigs } from '../components/configs.ts';
import { identifyComponents } from '../components/index.ts';
import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import type { CheckpointValues } from '../values/read-values.ts';
import { identityOf, type Lock } from '../setup/lock.ts';
import type { Setup } from '../setup/setup.ts';
import { runRules } from './index.ts';
import type { Finding, SidecarEvidence } from './rule.ts';
import type { RunEvidence } from './run-evidence.ts';

export interface ValidateOptions {
  /** Pixels. Without it the rules about resolution have nothing to say. */
  readonly resolution?: { readonly width: number; readonly height: number };
  /** Runs the net. Without it the rules about runs have nothing to say; undefined where there is nothing to run. */
  readonly runNet?: (components: readonly Component[]) => Promise<RunEvidence | undefined>;
  /** Reads the tensors' values. Without it the rules about values have nothing to say. */
  readonly readValues?: (components: readonly Component[]) => Promise<CheckpointValues>;
  /** What the model is to run with. Where none is given, the YAML beside a single file is one. */
  readonly setups?: readonly Setup[];
  /** Lock files that it must still agree with. */
  readonly locks?: readonly Lock[];
}

/** A checkpoint, what it is made of, and what the rules found in it. */
export interface Validation {
  readonly checkpoint: Checkpoint;
  readonly components: readonly Component[];
  readonly findings: readonly Finding[];
  /** What was read of the values, where that was asked for. */
  readonly values?: CheckpointValues;
}

/**
 * Says what a checkpoint is made of and runs every rule on it. Nothing is read but what `readValues` reads; it waits
 * for the schema compiler, which is loaded when there are configs to check.
 */
export async function validateCheckpoint(
  checkpoint: Checkpoint,
  { resolution, readValues, runNet, setups = [], locks = [] }: ValidateOptions = {},
): Promise<Validation> {
  const components = identifyComponents(checkpoint);
  const configs = await checkConfigs(checkpoint);
  const values = await readValues?.(components);
  const run = await runNet?.(components);
  const sidecar = await sidecarOf(checkpoint, components, setups.length > 0);
  const asked = {
    ...(resolution === undefined ? {} : { resolution }),
    ...(values === undefined ? {} : { values }),
    ...(run === undefined ? {} : { run }),
    setups: sidecar?.setup !== undefined && sidecar.used ? [sidecar.setup] : setups,
    ...(sidecar === undefined ? {} : { sidecar }),
    ...(locks.length === 0 ? {} : { locks, identity: await identityOf(components) }),
  };
  return {
    checkpoint,
    components,
    findings: runRules({ checkpoint, components, configs, ...asked }),
    ...(values === undefined ? {} : { values }),
  };
}

/** The YAML beside a file with a net. Beside any other no program looks for one. @param named whether a setup was given */
async function sidecarOf(
  { sidecar }: Checkpoint,
  components: readonly Component[],
  named: boolean,
): Promise<SidecarEvidence | undefined> {
  if (sidecar === undefined || !components.some(({ kind }) => kind === 'unet')) return undefined;
  // the parser of YAML comes with it
  const { readSidecar } = await import('../setup/sources/sidecar.ts');
  return { ...(await readSidecar(sidecar)), used: !named };
}
