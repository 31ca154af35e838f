/** What is changed of a model, and the changed model on the disk: what is read of it is a file, as a user's is. */
import { copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Tensor } from '../../src/formats/checkpoint.ts';
import { decodeFloats } from '../../src/formats/decode.ts';
import type { PlainDtype } from '../../src/formats/dtype.ts';
import { buildSafetensors, type TensorSpec } from '../../test/build/safetensors.ts';
import { encodeFloats } from './encode.ts';
import type { Subject } from './subject.ts';

/** A tensor as it is to be stored. */
export interface Stored {
  readonly dtype: PlainDtype;
  readonly bytes: Uint8Array;
}

/** A config's keys and their new values; `undefined` takes a key out. */
export type ConfigEdit = Readonly<Record<string, unknown>>;

export interface Edit {
  readonly tensors?: ReadonlyMap<Tensor, Stored>;
  /** Tensors that are written beside those of the U-Net. */
  readonly beside?: readonly TensorSpec[];
  /** By path below the model's folder: `scheduler/scheduler_config.json`. */
  readonly configs?: ReadonlyMap<string, ConfigEdit>;
  /** Metadata of the U-Net's file, by key. */
  readonly metadata?: ReadonlyMap<string, string>;
  /** Only so many of the bytes of the U-Net's file are kept, as a share. */
  readonly kept?: number;
}

/** Tensors of the U-Net by canonical name as an edit, each in the dtype that it has. */
export function unetEdit(subject: Subject, values: ReadonlyMap<string, Float32Array>): Edit {
  return tensorEdit(new Map([...values].map(([name, floats]) => [subject.tensor(name), floats])));
}

/** Tensors of any part as an edit, each in the dtype that it has. */
export function tensorEdit(values: ReadonlyMap<Tensor, Float32Array>): Edit {
  const tensors = [...values].map(([tensor, floats]) => [tensor, storedAs(tensor, floats)] as const);
  return { tensors: new Map(tensors) };
}

/** Numbers in the dtype of the tensor that they replace. */
export function storedAs({ dtype }: Tensor, floats: Float32Array): Stored {
  const plain = dtype as PlainDtype;
  return { dtype: plain, bytes: encodeFloats(floats, plain) };
}

/**
 * Writes the model with the edit done to it into a folder, which must be empty or absent.
 * @returns the path to open it by
 */
export async function writeModel(subject: Subject, edit: Edit, folder: string): Promise<string> {
  const own = subject.unet.tensors[0]?.tensor.file;
  const written = new Map<string, Uint8Array>();
  for (const [index, { path }] of subject.checkpoint.files.entries()) {
    const bytes = fileOf(subject, edit, index, index === own);
    if (bytes !== undefined) written.set(path, bytes);
  }
  for (const [path, config] of edit.configs ?? []) written.set(path, await edited(subject, path, config));
  await mkdir(folder, { recursive: true });
  if (!(await stat(subject.path)).isDirectory()) {
    const to = join(folder, basename(subject.path));
    await put(to, subject.path, [...written.values()][0]);
    return to;
  }
  for (const path of await filesBelow(subject.root)) {
    await put(join(folder, path), join(subject.root, path), written.get(path));
  }
  return folder;
}

async function put(to: string, from: string, bytes: Uint8Array | undefined): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await (bytes === undefined ? copyFile(from, to) : writeFile(to, bytes));
}

/** Files of the model. */
async function filesBelow(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

async function edited(subject: Subject, path: string, keys: ConfigEdit): Promise<Uint8Array> {
  const config = configAt(subject, path);
  const value = JSON.stringify({ ...config, ...keys }, undefined, 2);
  return new TextEncoder().encode(value);
}

/** A config of the model as plain data; undefined where there is none. */
export function configAt({ checkpoint }: Subject, path: string): Record<string, unknown> | undefined {
  const { schedulerConfig, parts } = checkpoint;
  const all = [schedulerConfig, ...parts.map(({ config }) => config)];
  const found = all.find((each) => each?.path === path);
  return found === undefined ? undefined : (plain(found.value) as Record<string, unknown>);
}

/** Parsed configs are maps, so that hostile keys stay data. */
function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [key, plain(each)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

function fileOf(subject: Subject, edit: Edit, index: number, own: boolean): Uint8Array | undefined {
  const { checkpoint } = subject;
  if (subject.isGraph(index)) return graphOf(subject, edit, index, own ? edit.kept : undefined);
  const tensors = checkpoint.parts.flatMap((part) => part.tensors).filter(({ file }) => file === index);
  const touched =
    tensors.some((tensor) => edit.tensors?.has(tensor)) ||
    (own && (edit.beside ?? edit.metadata ?? edit.kept) !== undefined);
  if (!touched) return undefined;
  const specs: TensorSpec[] = tensors.map((tensor) => {
    const { name, shape } = tensor;
    const { dtype, bytes } = edit.tensors?.get(tensor) ?? {
      dtype: tensor.dtype as PlainDtype,
      bytes: subject.bytes(tensor),
    };
    return { name, shape, dtype, data: bytes };
  });
  // larger elements first, as the reference writer has them: each then lies where its own size wants it
  const all = [...specs, ...(own ? (edit.beside ?? []) : [])];
  all.sort((a, b) => sizeOf(b) - sizeOf(a));
  const metadata = new Map([...checkpoint.metadata, ...(own ? (edit.metadata ?? []) : [])]);
  const bytes = buildSafetensors(all, metadata.size === 0 ? {} : { metadata });
  return own && edit.kept !== undefined ? bytes.subarray(0, Math.floor(edit.kept * bytes.length)) : bytes;
}

/** A graph keeps its dtypes: numbers that were stored otherwise stand in it as they were read then. */
function graphOf(
  subject: Subject,
  edit: Edit,
  index: number,
  kept: number | undefined,
): Uint8Array | undefined {
  // its tensors have names and shapes of their own in the net: they are known by where they lie
  const tensors = [...(edit.tensors ?? [])].filter(([{ file }]) => file === index);
  if (tensors.length === 0 && kept === undefined) return undefined;
  const bytes = subject.file(index).slice();
  for (const [tensor, stored] of tensors) {
    const own =
      stored.dtype === tensor.dtype
        ? stored.bytes
        : encodeFloats(decodeFloats(stored.bytes, stored.dtype), tensor.dtype as PlainDtype);
    if (own.length !== tensor.byteLength) throw new Error(`${tensor.name} has another length`);
    bytes.set(own, tensor.offset);
  }
  return kept === undefined ? bytes : bytes.subarray(0, Math.floor(kept * bytes.length));
}

/** Whether the model can hold the edit: a graph has no room for tensors beside its own, or for metadata. */
export function canHold(subject: Subject, { beside, metadata }: Edit): boolean {
  const own = subject.unet.tensors[0]?.tensor.file;
  return own === undefined || !subject.isGraph(own) || (beside ?? metadata) === undefined;
}

const SIZES: ReadonlyMap<string, number> = new Map([
  ['F64', 8],
  ['I64', 8],
  ['F32', 4],
  ['I32', 4],
  ['F16', 2],
  ['BF16', 2],
]);

function sizeOf({ dtype = 'F32' }: TensorSpec): number {
  return SIZES.get(dtype) ?? 1;
}
