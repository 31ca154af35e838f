import { childrenOf } from './listing.ts';
import { pathRefusal } from './path-policy.ts';
import { type ByteSource, type ByteTree, checkRange, ReadError } from './source.ts';

/** Bytes already at hand as a source. They are not copied: what `read` returns is a view of them. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(offset, length) {
      checkRange({ name, size: bytes.length }, offset, length);
      return bytes.subarray(offset, offset + length);
    },
    async close() {
      // nothing is held
    },
  };
}

/** A folder made of `files`: path below the root (`unet/config.json`) to content. */
export function memoryTree(name: string, files: ReadonlyMap<string, Uint8Array>): ByteTree {
  return {
    name,
    async list(path) {
      const sizes = [...files].map(([file, bytes]) => [file, bytes.length] as const);
      return childrenOf(path, sizes);
    },
    async open(path) {
      const refusal = pathRefusal(path);
      if (refusal !== undefined) throw new ReadError(path, 'refused', refusal);
      const bytes = files.get(path);
      if (bytes === undefined) throw new ReadError(path, 'absent', 'there is no such file');
      return memorySource(path, bytes);
    },
  };
}
