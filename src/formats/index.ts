import type { ByteSource, ByteTree } from '../bytes/source.ts';
import { Assembly } from './assembly.ts';
import type { Checkpoint } from './checkpoint.ts';
import { readFolder } from './folder.ts';
import { readShards } from './shards.ts';

export interface OpenOptions {
  /** For a folder: the index of shards (`….safetensors.index.json`, `….bin.index.json`) in its root that was named. */
  readonly index?: string;
}

/**
 * Reads the headers and configs of a checkpoint: a single file, or a folder. It throws for nothing that stands
 * in the files; what is wrong is in `faults`, what could not be looked into in `unchecked`. A source that is
 * given stays open; what is opened here is closed again.
 */
export async function openCheckpoint(
  target: ByteSource | ByteTree,
  { index }: OpenOptions = {},
): Promise<Checkpoint> {
  if ('read' in target) return openFile(target);
  const assembly = new Assembly(index === undefined ? target.name : index);
  if (index === undefined) return readFolder(target, assembly);
  const { tensors, files } = await readShards(target, '', index, assembly);
  const config = await assembly.readConfig(target, 'config.json');
  if (files.length > 0) {
    assembly.part({ name: '', tensors, files, ...(typeof config === 'string' ? {} : { config }) });
  }
  return assembly.finish(files.length > 0 ? assembly.sharded : 'unknown');
}

async function openFile(source: ByteSource): Promise<Checkpoint> {
  const assembly = new Assembly(source.name);
  const weights = await assembly.readSource(source);
  if (weights === 'unread') return assembly.finish('unknown');
  assembly.part({ name: '', tensors: weights.tensors, files: [weights.index] });
  return assembly.finish(assembly.format ?? 'unknown');
}
