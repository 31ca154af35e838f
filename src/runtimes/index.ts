import { KeyFacts } from '../components/key-facts.ts';
import type { Component } from '../components/component.ts';
import { type Checkpoint, isPipeline } from '../formats/checkpoint.ts';
import { folderSetup } from '../setup/trained.ts';
import type { CheckpointValues } from '../values/read-values.ts';
import { a1111 } from './a1111.ts';
import { comfyui } from './comfyui.ts';
import { diffusersFile } from './diffusers-file.ts';
import { diffusersFolder } from './diffusers-folder.ts';
import { forge } from './forge.ts';
import { invokeai } from './invokeai.ts';
import type { Decision, Runtime, Subject } from './runtime.ts';
import { sdScripts } from './sd-scripts.ts';
import { stableDiffusionCpp } from './stable-diffusion-cpp.ts';

/** Every program whose reading is known, in the order of the table. */
export const runtimes: readonly Runtime[] = [
  comfyui,
  diffusersFile,
  diffusersFolder,
  a1111,
  forge,
  stableDiffusionCpp,
  invokeai,
  sdScripts,
];

/** What one program makes of the checkpoint. */
export interface RuntimeReading {
  readonly runtime: Runtime;
  readonly decision: Decision;
}

/**
 * What each program makes of a checkpoint with a U-Net in it. Of other files nothing is known here: these programs tell
 * transformers by rules of their own.
 * @param values what was read of the numbers, where it was: one program decides by the spread of a tensor
 */
export function runtimesOf(
  checkpoint: Checkpoint,
  components: readonly Component[],
  values?: Pick<CheckpointValues, 'scans'>,
): readonly RuntimeReading[] {
  if (!components.some(({ kind }) => U_NETS.has(kind))) return [];
  const subject = subjectOf(checkpoint, components, values);
  return runtimes.flatMap((runtime) => {
    const reason = runtime.unopened?.[checkpoint.container];
    const decision: Decision | undefined =
      reason === undefined ? runtime.decide(subject) : { kind: 'refused', reason, evidence: [] };
    return decision === undefined ? [] : [{ runtime, decision }];
  });
}

const U_NETS: ReadonlySet<Component['kind']> = new Set(['unet', 'ema', 'controlnet'] as const);

function subjectOf(
  checkpoint: Checkpoint,
  components: readonly Component[],
  values: Pick<CheckpointValues, 'scans'> | undefined,
): Subject {
  const { parts, schedulerConfig, modelIndex } = checkpoint;
  const folder = isPipeline(checkpoint);
  const tensors = folder ? [] : parts.flatMap((part) => part.tensors);
  // of several variants of a part the first: they have the same names and shapes
  const first = new Map(parts.toReversed().map((part) => [part.name, part]));
  const unet = first.get('unet');
  const configured = folder ? folderSetup(checkpoint, components)?.fields : undefined;
  return {
    container: folder ? 'folder' : 'file',
    keys: new KeyFacts(tensors),
    parts: new Map(folder ? [...first].map(([name, part]) => [name, new KeyFacts(part.tensors)]) : []),
    ...(unet?.config === undefined ? {} : { unetConfig: unet.config }),
    ...(schedulerConfig === undefined ? {} : { scheduler: schedulerConfig }),
    ...(modelIndex === undefined ? {} : { modelIndex }),
    ...(configured === undefined ? {} : { configured }),
    ...(values === undefined
      ? {}
      : { deviation: deviationIn(values, folder ? (unet?.tensors ?? []) : tensors) }),
  };
}

function deviationIn(
  { scans }: Pick<CheckpointValues, 'scans'>,
  tensors: Checkpoint['parts'][number]['tensors'],
): NonNullable<Subject['deviation']> {
  return (name) => {
    const tensor = tensors.find((each) => each.name === name);
    return tensor === undefined ? undefined : scans.get(tensor)?.tally.deviation;
  };
}
