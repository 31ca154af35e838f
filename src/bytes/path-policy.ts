/**
 * Lexical rules for paths that come out of files or go into a tree: checked before any path reaches the
 * system. What a path resolves to on disk is checked in `file.ts`, which knows symbolic links.
 */

/**
 * Why `name` is not a plain file name, or undefined when it is. An index may name shards only like this.
 * Source: diffusers demands `os.path.basename(f) == f`; backslash, drive letter and NUL are ours, because
 * the same index is read on Windows too.
 */
export function fileNameRefusal(name: string): string | undefined {
  if (name === '') return 'the name is empty';
  if (name.includes('\0')) return 'the name holds a NUL';
  if (name.includes('://')) return 'the name is an address, not a file name';
  if (name === '.' || name === '..') return `“${name}” names a folder`;
  if (/^[A-Za-z]:/.test(name)) return 'the name begins with a drive letter';
  if (name.startsWith('/') || name.startsWith('\\')) return 'the name is an absolute path';
  const parts = name.split(/[/\\]/);
  if (parts.includes('..')) return 'the name leads out of its folder';
  if (parts.length > 1) return 'the name holds a path separator';
  return undefined;
}

/** Why `path` may not be opened in a tree, or undefined when each of its parts is a plain file name. */
export function pathRefusal(path: string): string | undefined {
  for (const part of path.split('/')) {
    const refusal = fileNameRefusal(part);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
