import { pathRefusal } from './path-policy.ts';
import { type ByteSource, type ByteTree, checkRange, ReadError, type TreeEntry } from './source.ts';

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
      const prefix = path === '' ? '' : `${path}/`;
      const entries = new Map<string, TreeEntry>();
      for (const [file, bytes] of files) {
        if (!file.startsWith(prefix)) continue;
        const slash = file.indexOf('/', prefix.length);
        const entry: TreeEntry =
          slash === -1
            ? { path: file, kind: 'file', size: bytes.length }
            : { path: file.slice(0, slash), kind: 'folder', size: 0 };
        entries.set(entry.path, entry);
      }
      return [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
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
