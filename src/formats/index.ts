import { HEAD_BYTES, MAX_YAML_BYTES } from '../bytes/limits.ts';
import { type ByteSource, type ByteTree, ReadError } from '../bytes/source.ts';
import { Assembly } from './assembly.ts';
import type { Checkpoint, Sidecar } from './checkpoint.ts';
import { mayBeDduf } from './dduf-sniff.ts';
import { readFolder } from './folder.ts';
import type { Neighbours } from './reader.ts';
import { readShards } from './shards.ts';

export interface OpenOptions {
  /** For a folder: the index of shards (`….safetensors.index.json`, `….bin.index.json`) in its root that was named. */
  readonly index?: string;
  /** For a file: the folder that it lies in. Formats whose weights lie in several files look for the others there. */
  readonly beside?: () => Promise<ByteTree>;
}

/**
 * Reads the headers and configs of a checkpoint: a single file, or a folder. It throws for nothing that stands
 * in the files; what is wrong is in `faults`, what could not be looked into in `unchecked`. A source that is
 * given stays open; what is opened here is closed again.
 */
export async function openCheckpoint(
  target: ByteSource | ByteTree,
  { index, beside }: OpenOptions = {},
): Promise<Checkpoint> {
  if ('read' in target) return openFile(target, beside);
  const assembly = new Assembly(index === undefined ? target.name : index);
  if (index === undefined) return readFolder(target, assembly);
  const { tensors, files } = await readShards(target, '', index, assembly);
  const config = await assembly.readConfig(target, 'config.json');
  if (files.length > 0) {
    assembly.part({ name: '', tensors, files, ...(typeof config === 'string' ? {} : { config }) });
  }
  return assembly.finish(files.length > 0 ? assembly.sharded : 'unknown');
}

async function openFile(source: ByteSource, beside: OpenOptions['beside']): Promise<Checkpoint> {
  const folder = await readAsFolder(source);
  if (folder !== undefined) return folder;
  const assembly = new Assembly(source.name);
  const neighbours = beside === undefined ? undefined : neighboursOf(source.name, beside);
  const weights = await assembly.readSource(source, neighbours);
  if (weights === 'unread') return assembly.finish('unknown');
  const { tensors, files, graph } = weights;
  assembly.part({ name: '', tensors, files, ...(graph === undefined ? {} : { graph }) });
  const sidecar = neighbours === undefined ? undefined : await sidecarOf(source.name, neighbours, assembly);
  const checkpoint = assembly.finish(assembly.format ?? 'unknown');
  return sidecar === undefined ? checkpoint : { ...checkpoint, sidecar };
}

/** Kinds of file that are read by the YAML beside them. Source: AUTOMATIC1111 modules/sd_models_config.py. */
const HAS_SIDECAR = /\.(?:ckpt|safetensors)$/i;

/** The YAML of a file's own name, where there is one. */
async function sidecarOf(
  name: string,
  neighbours: Neighbours,
  assembly: Assembly,
): Promise<Sidecar | undefined> {
  if (!HAS_SIDECAR.test(name)) return undefined;
  const beside = name.slice(name.lastIndexOf('/') + 1).replace(HAS_SIDECAR, '.yaml');
  const path = neighbours.pathOf(beside);
  let source: ByteSource | undefined;
  try {
    source = await neighbours.open(beside);
    if (source.size <= MAX_YAML_BYTES) {
      return { path, text: new TextDecoder().decode(await source.read(0, source.size)) };
    }
    assembly.unchecked(path, `larger than ${MAX_YAML_BYTES} bytes, which no config is`);
  } catch (error) {
    if (!(error instanceof ReadError)) throw error;
    if (error.code !== 'absent') assembly.unchecked(path, error.reason);
  } finally {
    await source?.close();
  }
  return undefined;
}

/** A folder that is packed in one file; undefined for any other file. */
async function readAsFolder(source: ByteSource): Promise<Checkpoint | undefined> {
  try {
    const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
    if (!mayBeDduf(source.name, head)) return undefined;
    return await (await import('./dduf.ts')).readDduf(source);
  } catch (error) {
    // the other readers come upon the same, and say so
    if (error instanceof ReadError) return undefined;
    throw error;
  }
}

/** What lies beside a file, under the path that it was named by. The folder is opened once, when it is asked for. */
function neighboursOf(name: string, beside: () => Promise<ByteTree>): Neighbours {
  const folder = name.slice(0, name.lastIndexOf('/') + 1);
  let opened: Promise<ByteTree> | undefined;
  return {
    open: async (path) => (await (opened ??= beside())).open(path),
    pathOf: (path) => folder + path,
  };
}
