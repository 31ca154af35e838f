import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import type { Workspace } from '../bytes/workspace.ts';
import { type CompiledGraph, convert, piecesIn, RequestError, type Session } from '../smoke/index.ts';
import { writeWhole } from './output.ts';

/**
 * Writes the U-Net as an ONNX file over the checkpoint's own bytes. What ONNX has no dtype for goes into a second file
 * beside it, `<name>.data`.
 * @param replace whether files of those names may be written over
 * @throws {RequestError} when the checkpoint does not lie below the file's folder, as ONNX wants it, {UsageError} when
 *   there is a file already, {WriteError} when it cannot be written.
 */
export async function exportGraph(
  session: Session,
  workspace: Workspace,
  target: string,
  replace: boolean,
): Promise<CompiledGraph> {
  const folder = await realpath(dirname(target)).catch(() => dirname(target));
  const files = session.checkpoint.files.map(({ size }, index) => {
    const file = resolve(workspace.folder, workspace.paths[index] ?? '');
    const path = relative(folder, file);
    if (path.startsWith('..') || isAbsolute(path)) {
      throw new RequestError(
        `an ONNX file refers to weights beside or below it, and ${file} does not lie below ${folder}: ` +
          `name a file in ${dirname(file)}`,
      );
    }
    return { path: path.split(sep).join('/'), size };
  });
  const data = `${basename(target)}.data`;
  const graph = session.compile({ files, location: data });
  const { converted } = graph;
  if (converted.length > 0) {
    const pieces = piecesIn(workspace);
    await writeWhole(`${target}.data`, (write) => convert(converted, { pieces, write }), replace);
  }
  await writeWhole(target, graph.model, replace);
  return graph;
}
