import { open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Workspace } from '../bytes/workspace.ts';
import { type CompiledGraph, convert, piecesIn, RequestError, type Session } from '../smoke/index.ts';
import { writeWhole } from './output.ts';

/**
 * Writes the U-Net as an ONNX file over the checkpoint's own bytes. What ONNX has no dtype for goes into a second file
 * beside it, `<name>.data`.
 * @param target where to; files are written over, for whoever asks has made sure
 * @throws {RequestError} when the checkpoint does not lie below the file's folder, as ONNX wants it, {WriteError} when
 *   it cannot be written.
 */
export async function exportGraph(
  session: Session,
  workspace: Workspace,
  target: string,
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
  if (graph.converted.length > 0) await writeData(join(folder, data), graph, workspace);
  await writeWhole(target, graph.model, true);
  return graph;
}

async function writeData(path: string, { converted }: CompiledGraph, workspace: Workspace): Promise<void> {
  const beside = `${path}.${process.pid}.part`;
  try {
    const file = await open(beside, 'wx');
    try {
      await convert(converted, {
        pieces: piecesIn(workspace),
        write: async (bytes) => void (await file.writeFile(bytes)),
      });
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
}
