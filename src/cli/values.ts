import type { ByteSource } from '../bytes/source.ts';
import type { Component } from '../components/component.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import type { CheckpointValues } from '../values/read-values.ts';
import type { Target } from './targets.ts';

/** Told how far the reading of values is: what is read, and which share of all is done. */
export type ValuesProgress = (what: string, share: number) => void;

/** Reads the values of a target's tensors. Its files are open only as long as that takes. */
export async function valuesOf(
  target: Target,
  checkpoint: Checkpoint,
  components: readonly Component[],
  told: ValuesProgress,
): Promise<CheckpointValues> {
  const { source } = target;
  if (source === undefined)
    return nothing('values not read: they are not fetched from an address', checkpoint);
  // heavy, and most runs do without
  const { readValues } = await import('../values/index.ts');
  const opened = new Map<number, Promise<ByteSource>>();
  const open = (file: number): Promise<ByteSource> => {
    const path = checkpoint.files[file]?.path;
    if (path === undefined) throw new Error('a tensor of a file that is not there');
    const had = opened.get(file) ?? source(path);
    opened.set(file, had);
    return had;
  };
  try {
    return await readValues(checkpoint, components, { open, told, wiring: true });
  } finally {
    for (const each of await Promise.allSettled(opened.values())) {
      if (each.status === 'fulfilled') await each.value.close();
    }
  }
}

function nothing(reason: string, { path }: Checkpoint): CheckpointValues {
  return {
    scans: new Map(),
    placed: new Map(),
    scales: new Map(),
    positions: new Map(),
    nets: [],
    numbers: new Map(),
    unchecked: [{ path, reason }],
  };
}
