/**
 * DDUF: a diffusers folder in one zip, stored without compression. It is read as the folder that it is; its tensors lie
 * in the one file.
 * Source: huggingface_hub `serialization/_dduf.py`.
 */
import { childrenOf } from '../bytes/listing.ts';
import { memorySource } from '../bytes/memory.ts';
import { pathRefusal } from '../bytes/path-policy.ts';
import { type ByteSource, type ByteTree, checkRange, ReadError } from '../bytes/source.ts';
import { Assembly } from './assembly.ts';
import type { Checkpoint, Tensor } from './checkpoint.ts';
import { FaultCollector } from './collector.ts';
import type { Fault } from './fault.ts';
import { readFolder } from './folder.ts';
import { isJsonObject } from './json.ts';
import type { ByteRange } from './place.ts';
import { readZip } from './pytorch/zip.ts';
import { readEntry } from './pytorch/zip-contents.ts';
import { STORED, type ZipEntry } from './pytorch/zip-entry.ts';

const MODEL_INDEX = 'model_index.json';

/** Ends of the names that may stand in one. */
const ALLOWED = /\.(?:json|model|safetensors|txt)$/;

/** Entries of at most so many bytes are held against their checksum. */
const MOST_CHECKED = 1024 * 1024;

/** A folder has one of these at least. */
const CONFIGS = [
  'config.json',
  'tokenizer_config.json',
  'preprocessor_config.json',
  'scheduler_config.json',
] as const;

/** Reads a DDUF file; undefined where the archive is another kind of zip. @throws {ReadError} */
export async function readDduf(source: ByteSource): Promise<Checkpoint | undefined> {
  const { name: path } = source;
  const faults = new FaultCollector(path);
  const archive = await readZip(source, faults);
  const names = new Set(archive?.entries.map(({ name }) => name));
  const folder = names.has(MODEL_INDEX) && [...names].some((name) => name.endsWith('.safetensors'));
  if (archive === undefined || !(folder || path.endsWith('.dduf'))) return undefined;
  const entries = new Map(
    archive.entries.filter(({ name }) => !name.endsWith('/')).map((one) => [one.name, one]),
  );
  const assembly = new Assembly(path);
  const read = await readFolder(treeOf(source, entries, faults), assembly);
  for (const reason of structureOf(read, entries))
    faults.add({ kind: 'dduf-invalid', file: path, ...reason });
  return inOneFile(source, read, entries, faults.list());
}

interface Broken {
  readonly entry?: string;
  readonly reason: string;
}

/** The rules that are broken, by entry. */
function structureOf({ modelIndex }: Checkpoint, entries: ReadonlyMap<string, ZipEntry>): readonly Broken[] {
  const broken: Broken[] = [];
  if (!entries.has(MODEL_INDEX)) broken.push({ reason: `it has no ${MODEL_INDEX}` });
  const folders = new Set<string>();
  for (const { name: entry, method } of entries.values()) {
    if (method !== STORED) broken.push({ entry, reason: 'it is compressed' });
    if (!ALLOWED.test(entry)) broken.push({ entry, reason: 'files of its kind do not belong there' });
    const parts = entry.split('/');
    if (parts.length > 2) broken.push({ entry, reason: 'it lies more than one folder deep' });
    if (parts.length > 1) folders.add(parts[0] ?? '');
  }
  const index = modelIndex?.value;
  for (const folder of [...folders].sort()) {
    if (isJsonObject(index) && !index.has(folder)) {
      broken.push({ entry: `${folder}/`, reason: `${MODEL_INDEX} does not name it` });
    }
    if (!CONFIGS.some((name) => entries.has(`${folder}/${name}`))) {
      broken.push({ entry: `${folder}/`, reason: `none of ${CONFIGS.join(', ')} lies in it` });
    }
  }
  return broken;
}

/** The entries as a folder. */
function treeOf(
  source: ByteSource,
  entries: ReadonlyMap<string, ZipEntry>,
  faults: FaultCollector,
): ByteTree {
  const checked = new Set<string>();
  const sizes = [...entries.values()]
    .filter(({ name }) => pathRefusal(name) === undefined)
    .map(({ name, size }) => [name, size] as const);
  return {
    name: source.name,
    list: async (path) => childrenOf(path, sizes),
    async open(path) {
      const entry = entries.get(path);
      if (entry === undefined) throw new ReadError(path, 'absent', 'there is no such entry');
      const { data, packed, method } = entry;
      if (data === undefined || method !== STORED) {
        throw new ReadError(
          path,
          'system',
          'its entry is compressed, or does not lie where the directory says',
        );
      }
      // of weights all bytes would have to be read for it
      if (packed <= MOST_CHECKED && !checked.has(path)) {
        checked.add(path);
        const whole = await readEntry(source, entry, faults);
        if (whole !== undefined) return memorySource(path, whole.bytes);
      }
      return sliceOf(source, path, data, packed);
    },
  };
}

/** Part of a source as a source. */
function sliceOf(source: ByteSource, name: string, start: number, size: number): ByteSource {
  return {
    name,
    size,
    async read(offset, length) {
      checkRange({ name, size }, offset, length);
      return source.read(start + offset, length);
    },
    async close() {
      // the archive stays open: whoever opened it closes it
    },
  };
}

/** What was read of entries, as it lies in the archive. */
function inOneFile(
  source: ByteSource,
  read: Checkpoint,
  entries: ReadonlyMap<string, ZipEntry>,
  faults: readonly Fault[],
): Checkpoint {
  const { name: path, size } = source;
  const startOf = (entry: string) => entries.get(entry)?.data ?? 0;
  const starts = read.files.map((file) => startOf(file.path));
  const moved = (tensor: Tensor): Tensor => ({
    ...tensor,
    file: 0,
    offset: tensor.offset + (starts[tensor.file] ?? 0),
  });
  const parts = read.parts.map((part) => ({ ...part, tensors: part.tensors.map(moved), files: [0] }));
  const first = parts
    .flatMap(({ tensors }) => tensors)
    .reduce((at, { offset }) => Math.min(at, offset), size);
  const inside = read.faults.map((fault): Fault => {
    const start = startOf(fault.file);
    const shift = ({ offset, length }: ByteRange): ByteRange => ({ offset: offset + start, length });
    return {
      ...fault,
      ...(fault.bytes === undefined ? {} : { bytes: shift(fault.bytes) }),
      ...('first' in fault ? { first: shift(fault.first) } : {}),
    } as Fault;
  });
  return {
    ...read,
    path,
    container: read.container === 'unknown' ? 'unknown' : 'dduf',
    files: parts.length === 0 ? [] : [{ path, size, format: 'dduf', headerLength: first }],
    parts,
    faults: [...faults, ...inside],
  };
}
