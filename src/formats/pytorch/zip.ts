/**
 * Zip archives as torch writes them, read strictly: two readers that disagree about an archive show different
 * contents to a scanner and to the program that loads it, so everything that stands in it twice is compared.
 * Sources: PKWARE APPNOTE 6.3.10; torch `caffe2/serialize/inline_container.cc`. Nothing of the entries' contents
 * is read here.
 */
import { pathRefusal } from '../../bytes/path-policy.ts';
import type { ByteSource } from '../../bytes/source.ts';
import type { FaultCollector } from '../collector.ts';
import { checkNeighbours } from './zip-layout.ts';
import { type Directory, END_BYTES, findDirectory, viewOf } from './zip-end.ts';
import { otherName, wideSizes } from './zip-extra.ts';
import { DEFLATED, foldedName, nameOf, STORED, type ZipEntry } from './zip-entry.ts';
import { compareLocal, LOCAL_BYTES, readLocals } from './zip-local.ts';
import { MAX_INFLATION, MAX_PICKLE_BYTES } from '../../bytes/limits.ts';

const CENTRAL = 0x02014b50;
const CENTRAL_BYTES = 46;

/** Flags that change how the bytes of an entry are to be read: encryption, patches, masked headers. */
const REFUSED_FLAGS = 0x0001 | 0x0020 | 0x0040 | 0x2000;

export interface ZipArchive {
  /** In the order of the directory. Entries of the same name are all here. */
  readonly entries: readonly ZipEntry[];
}

/** Reads the directory and every local header. Undefined where there is no directory to read. */
export async function readZip(source: ByteSource, faults: FaultCollector): Promise<ZipArchive | undefined> {
  const directory = await findDirectory(source, faults);
  if (directory === undefined) return undefined;
  const listed = parseDirectory(
    source.name,
    await source.read(directory.offset, directory.length),
    directory,
    faults,
  );
  checkNames(source.name, listed, faults);
  for (const entry of listed) checkEntry(source.name, entry, faults);
  checkGrowth(source.name, listed, faults);
  const locals = await readLocals(source, listed, directory.offset);
  const placed = (entry: ZipEntry, at: number): ZipEntry => {
    const local = locals[at];
    if (local === undefined) {
      const bytes = { offset: entry.header, length: LOCAL_BYTES };
      faults.add({ kind: 'zip-entry-outside', file: source.name, bytes, entry: entry.name });
      return entry;
    }
    compareLocal(source.name, entry, local, faults);
    const data = entry.header + local.length;
    if (data + entry.packed <= directory.offset) return { ...entry, data };
    const bytes = { offset: data, length: entry.packed };
    faults.add({ kind: 'zip-entry-outside', file: source.name, bytes, entry: entry.name });
    return entry;
  };
  const entries = listed.map(placed);
  // an archive within the archive has an end of its own
  const inside = (at: number) =>
    entries.some(({ data, packed }) => data !== undefined && at >= data && at < data + packed);
  const second = directory.others.find((at) => !inside(at));
  if (second !== undefined) {
    const bytes = { offset: second, length: END_BYTES };
    faults.add({ kind: 'zip-second-directory', file: source.name, bytes });
  }
  await checkNeighbours(source, entries, directory.offset, faults);
  return { entries };
}

function parseDirectory(
  file: string,
  bytes: Uint8Array,
  { offset, count }: Directory,
  faults: FaultCollector,
): ZipEntry[] {
  const view = viewOf(bytes);
  const entries: ZipEntry[] = [];
  const invalid = (at: number, reason: string) => {
    const range = { offset: offset + at, length: bytes.length - at };
    faults.add({ kind: 'zip-directory-invalid', file, bytes: range, reason });
  };
  let at = 0;
  while (at < bytes.length) {
    if (at + CENTRAL_BYTES > bytes.length || view.getUint32(at, true) !== CENTRAL) {
      invalid(at, 'something that is no entry stands in it');
      break;
    }
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const commentLength = view.getUint16(at + 32, true);
    const nameAt = at + CENTRAL_BYTES;
    const end = nameAt + nameLength + extraLength + commentLength;
    if (end > bytes.length) {
      invalid(at, 'an entry reaches beyond its end');
      break;
    }
    const nameBytes = bytes.subarray(nameAt, nameAt + nameLength);
    const extra = bytes.subarray(nameAt + nameLength, nameAt + nameLength + extraLength);
    if (view.getUint16(at + 34, true) !== 0) invalid(at, 'an entry lies on another disk');
    entries.push(readEntry(file, view, at, nameBytes, extra, faults));
    at = end;
  }
  if (entries.length !== count) invalid(at, `it holds ${entries.length} entries, and its end says ${count}`);
  return entries;
}

function readEntry(
  file: string,
  view: DataView,
  at: number,
  nameBytes: Uint8Array,
  extra: Uint8Array,
  faults: FaultCollector,
): ZipEntry {
  const name = nameOf(nameBytes);
  let packed = view.getUint32(at + 20, true);
  let size = view.getUint32(at + 24, true);
  let header = view.getUint32(at + 42, true);
  [size, packed, header] = wideSizes(extra, [size, packed, header]) as [number, number, number];
  const other = otherName(extra, name);
  if (other !== undefined) {
    faults.add({ kind: 'zip-entry-mismatch', file, entry: name, field: 'name', local: other, central: name });
  }
  return {
    name,
    nameBytes,
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    packed,
    size,
    header,
  };
}

function checkNames(file: string, entries: readonly ZipEntry[], faults: FaultCollector): void {
  const seen = new Map<string, string>();
  for (const { name: entry } of entries) {
    const reason = pathRefusal(entry.endsWith('/') ? entry.slice(0, -1) : entry);
    if (reason !== undefined) faults.add({ kind: 'zip-entry-name', file, entry, reason });
    const key = foldedName(entry);
    const other = seen.get(key);
    if (other === undefined) seen.set(key, entry);
    else faults.add({ kind: 'zip-duplicate-entry', file, entry, other });
  }
}

/** Reports entries that are bombs only together: a loader unfolds them all. */
function checkGrowth(file: string, entries: readonly ZipEntry[], faults: FaultCollector): void {
  if (faults.has('zip-bomb')) return;
  const deflated = entries.filter(({ method }) => method === DEFLATED);
  const sum = (of: (entry: ZipEntry) => number) => deflated.reduce((total, entry) => total + of(entry), 0);
  const [packed, size] = [sum((entry) => entry.packed), sum((entry) => entry.size)];
  if (size <= MAX_PICKLE_BYTES || size <= packed * MAX_INFLATION || !Number.isSafeInteger(size)) return;
  faults.add({ kind: 'zip-bombs', file, entries: deflated.length, packed, size });
}

function checkEntry(file: string, entry: ZipEntry, faults: FaultCollector): void {
  const { name, flags, method, packed, size } = entry;
  const refused = flags & REFUSED_FLAGS;
  if (refused !== 0) faults.add({ kind: 'zip-entry-flags', file, entry: name, flags: refused });
  if (method !== STORED && method !== DEFLATED) {
    faults.add({ kind: 'zip-entry-method', file, entry: name, method });
  }
  if (method === STORED && packed !== size) {
    const sizes = { local: String(packed), central: String(size) };
    faults.add({ kind: 'zip-entry-mismatch', file, entry: name, field: 'size', ...sizes });
  }
  if (method === DEFLATED && size > MAX_PICKLE_BYTES && size > packed * MAX_INFLATION) {
    const actual = Number.isFinite(size) ? size : 'more than 2^53';
    faults.add({ kind: 'zip-bomb', file, entry: name, packed, size: actual });
  }
}
