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

/** Says what a checkpoint is made of and runs every rule on it. Pure: all reading is over. */
export function validateCheckpoint(checkpoint: Checkpoint, options: ValidateOptions = {}): Validation {
  const components = identifyComponents(checkpoint);
  return { checkpoint, components, findings: runRules({ checkpoint, components, ...options }) };
}
