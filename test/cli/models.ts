import { mkdirSync, openSync, closeSync, ftruncateSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LISTINGS, readListing } from '../build/listing.ts';
import { assemble, entry, sizeOf, type TensorSpec } from '../build/safetensors.ts';

/** Tensors of a golden listing, under a prefix. */
export function listed(name: string, prefix = ''): TensorSpec[] {
  return readListing(join(LISTINGS, `${name}.txt`)).map(({ name, tensor }) => ({
    name: prefix + name,
    dtype: 'F16',
    shape: tensor.shape,
  }));
}

export interface ModelOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Bytes missing at the end. */
  readonly cut?: number;
}

/** Writes a model of full size whose values were never written: on disk it takes no more than its header. */
export function writeModel(path: string, tensors: readonly TensorSpec[], options: ModelOptions = {}): void {
  const members: string[] = [];
  if (options.metadata !== undefined) members.push(`"__metadata__":${JSON.stringify(options.metadata)}`);
  let offset = 0;
  for (const tensor of tensors) {
    const end = offset + sizeOf(tensor);
    members.push(entry(tensor.name, tensor.dtype ?? 'F32', tensor.shape, offset, end));
    offset = end;
  }
  const header = assemble(`{${members.join(',')}}`, new Uint8Array());
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'w');
  writeSync(file, header);
  ftruncateSync(file, header.length + offset - (options.cut ?? 0));
  closeSync(file);
}
