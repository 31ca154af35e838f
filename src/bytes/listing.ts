import type { TreeEntry } from './source.ts';

/**
 * What stands directly in a folder, told from the paths of all files below the root of its tree.
 * @param folder '' for the root
 */
export function childrenOf(
  folder: string,
  files: Iterable<readonly [path: string, size: number]>,
): readonly TreeEntry[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const children = new Map<string, TreeEntry>();
  for (const [path, size] of files) {
    if (!path.startsWith(prefix)) continue;
    const slash = path.indexOf('/', prefix.length);
    const child: TreeEntry =
      slash === -1 ? { path, kind: 'file', size } : { path: path.slice(0, slash), kind: 'folder', size: 0 };
    children.set(child.path, child);
  }
  return [...children.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
