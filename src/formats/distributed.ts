/**
 * Distributed checkpoints of torch: a folder of slices, and a pickle that says which tensors they make. torch loads that
 * pickle without any check, so it is judged like every other; the slices are not put together here.
 * Source: torch `distributed/checkpoint/filesystem.py` and `metadata.py`.
 */
import type { ByteTree } from '../bytes/source.ts';
import type { Assembly } from './assembly.ts';
import type { Checkpoint } from './checkpoint.ts';

const METADATA = '.metadata';
const SLICE = /\.distcp$/;

/** Whether the files of a folder are those of one. */
export function isDistributed(names: readonly string[]): boolean {
  return names.includes(METADATA) && names.some((name) => SLICE.test(name));
}

/** Judges the pickle, and says what the folder is. */
export async function readDistributed(
  tree: ByteTree,
  names: readonly string[],
  assembly: Assembly,
): Promise<Checkpoint> {
  await assembly.readWeights(tree, METADATA);
  const count = names.filter((name) => SLICE.test(name)).length;
  const title = `distributed checkpoint of PyTorch in ${count} ${count === 1 ? 'slice' : 'slices'}`;
  assembly.fault({ kind: 'unsupported-format', file: tree.name, format: 'torch-dcp', title });
  return assembly.finish('unknown');
}
