import { memorySource } from '../../../src/bytes/memory.ts';
import type { Checkpoint, Tensor } from '../../../src/formats/checkpoint.ts';
import { decodeFloats } from '../../../src/formats/decode.ts';
import { openCheckpoint } from '../../../src/formats/index.ts';
import { readTensor } from '../../../src/formats/read-tensor.ts';

export function open(bytes: Uint8Array, name = 'model.pt'): Promise<Checkpoint> {
  return openCheckpoint(memorySource(name, bytes));
}

export function tensorsOf(checkpoint: Checkpoint): readonly Tensor[] {
  return checkpoint.parts.flatMap((part) => part.tensors);
}

/** Name to numbers, in C order. */
export async function valuesOf(bytes: Uint8Array): Promise<Record<string, number[]>> {
  const source = memorySource('model.pt', bytes);
  const values: Record<string, number[]> = {};
  for (const tensor of tensorsOf(await openCheckpoint(source))) {
    values[tensor.name] = [...decodeFloats(await readTensor(source, tensor), tensor.dtype)];
  }
  return values;
}
