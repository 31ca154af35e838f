/** How the entries of a zip follow each other: without overlap, and without bytes that none of them owns. */
import type { ByteSource } from '../../bytes/source.ts';
import type { FaultCollector } from '../collector.ts';
import { u64, viewOf } from './zip-end.ts';
import { HAS_DESCRIPTOR } from './zip-local.ts';
import type { ZipEntry } from './zip-entry.ts';

const DESCRIPTOR = 0x08074b50;
const LONGEST_DESCRIPTOR = 24;

/** Descriptors read at the same time. */
const AT_ONCE = 32;

/** Reports overlaps, bytes that no entry owns, and descriptors that disagree with the directory. */
export async function checkNeighbours(
  source: ByteSource,
  entries: readonly ZipEntry[],
  until: number,
  faults: FaultCollector,
): Promise<void> {
  const { name: file } = source;
  const placed = entries.filter((entry) => entry.data !== undefined).sort((a, b) => a.header - b.header);
  // what one entry that could not be placed owns would be called hidden
  const complete = placed.length === entries.length;
  const first = placed[0]?.header ?? until;
  if (first > 0 && complete) {
    faults.add({ kind: 'zip-hidden-bytes', file, bytes: { offset: 0, length: first }, where: 'before' });
  }
  const waiting: (() => Promise<void>)[] = [];
  for (const [at, entry] of placed.entries()) {
    const end = (entry.data as number) + entry.packed;
    const next = placed[at + 1];
    const nextAt = next?.header ?? until;
    if (nextAt < end) {
      const bytes = { offset: nextAt, length: end - nextAt };
      faults.add({ kind: 'zip-overlap', file, bytes, entry: next?.name ?? '', other: entry.name });
      continue;
    }
    const gap = nextAt - end;
    const described = (entry.flags & HAS_DESCRIPTOR) !== 0;
    if (described && gap === 0) {
      const bytes = { offset: end, length: 0 };
      const sizes = { local: 'none behind the contents', central: 'one' };
      faults.add({
        kind: 'zip-entry-mismatch',
        file,
        bytes,
        entry: entry.name,
        field: 'descriptor',
        ...sizes,
      });
    } else if (described && gap > 0 && gap <= LONGEST_DESCRIPTOR) {
      waiting.push(async () => {
        compareDescriptor(file, entry, await source.read(end, gap), end, faults);
      });
    } else if (gap > 0 && complete) {
      faults.add({ kind: 'zip-hidden-bytes', file, bytes: { offset: end, length: gap }, where: 'between' });
    }
  }
  for (let at = 0; at < waiting.length; at += AT_ONCE) {
    await Promise.all(waiting.slice(at, at + AT_ONCE).map((check) => check()));
  }
}

/** Holds the descriptor that follows an entry against the directory; it has four forms, told by their length. */
function compareDescriptor(
  file: string,
  entry: ZipEntry,
  bytes: Uint8Array,
  offset: number,
  faults: FaultCollector,
): void {
  const view = viewOf(bytes);
  const signed = bytes.length % 8 === 0;
  const wide = bytes.length >= 20;
  const known = bytes.length === 12 || bytes.length === 16 || bytes.length === 20 || bytes.length === 24;
  if (!known || (signed && view.getUint32(0, true) !== DESCRIPTOR)) {
    faults.add({ kind: 'zip-hidden-bytes', file, bytes: { offset, length: bytes.length }, where: 'between' });
    return;
  }
  const at = signed ? 4 : 0;
  const size = (place: number) => (wide ? u64(view, place) : view.getUint32(place, true));
  const agree =
    view.getUint32(at, true) === entry.crc &&
    size(at + 4) === entry.packed &&
    size(at + (wide ? 12 : 8)) === entry.size;
  if (agree) return;
  faults.add({
    kind: 'zip-entry-mismatch',
    file,
    bytes: { offset, length: bytes.length },
    entry: entry.name,
    field: 'descriptor',
    local: 'other sizes or another CRC',
    central: `${entry.size} bytes`,
  });
}
