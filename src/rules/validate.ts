import { checkConfigs } from '../components/configs.ts';
import { identifyComponents } from '../components/index.ts';
import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { runRules } from './index.ts';
import type { Finding } from './rule.ts';

export interface ValidateOptions {
  /** Pixels. Without it the rules about resolution have nothing to say. */
  readonly resolution?: { readonly width: number; readonly height: number };
}

/** A checkpoint, what it is made of, and what the rules found in it. */
export interface Validation {
  readonly checkpoint: Checkpoint;
  readonly components: readonly Component[];
  readonly findings: readonly Finding[];
}

/**
 * Says what a checkpoint is made of and runs every rule on it. All reading is over; it waits only for the
 * schema compiler, which is loaded when there are configs to check.
 */
export async function validateCheckpoint(
  checkpoint: Checkpoint,
  options: ValidateOptions = {},
): Promise<Validation> {
  const components = identifyComponents(checkpoint);
  const configs = await checkConfigs(checkpoint);
  return { checkpoint, components, findings: runRules({ checkpoint, components, configs, ...options }) };
}
