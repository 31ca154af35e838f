/** The local headers of a zip, and what they say otherwise than its directory. */
import type { ByteSource } from '../../bytes/source.ts';
import type { FaultCollector } from '../collector.ts';
import { viewOf } from './zip-end.ts';
import { nameOf, type ZipEntry } from './zip-entry.ts';
import { otherName, wideSizes } from './zip-extra.ts';

const LOCAL = 0x04034b50;
export const LOCAL_BYTES = 30;

/** Sizes and CRC follow the contents in a descriptor, and may be absent here. */
export const HAS_DESCRIPTOR = 0x0008;

/** Bytes that an extra field has at most where torch wrote it: padding to a multiple of 64. */
const USUAL_EXTRA = 68;

/** Headers read at the same time. */
const AT_ONCE = 32;

export interface LocalHeader {
  readonly name: Uint8Array;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** Bytes from the header's first to the contents. */
  readonly length: number;
  readonly extra: Uint8Array;
}

/** The local header of each entry; undefined where there is none. `until`: where the directory begins. */
export async function readLocals(
  source: ByteSource,
  entries: readonly ZipEntry[],
  until: number,
): Promise<readonly (LocalHeader | undefined)[]> {
  const locals: (LocalHeader | undefined)[] = [];
  for (let at = 0; at < entries.length; at += AT_ONCE) {
    const batch = entries.slice(at, at + AT_ONCE);
    locals.push(...(await Promise.all(batch.map((entry) => readLocal(source, entry, until)))));
  }
  return locals;
}

async function readLocal(
  source: ByteSource,
  { header, nameBytes }: ZipEntry,
  until: number,
): Promise<LocalHeader | undefined> {
  const room = until - header;
  if (!(room >= LOCAL_BYTES)) return undefined;
  let bytes = await source.read(header, Math.min(room, LOCAL_BYTES + nameBytes.length + USUAL_EXTRA));
  let view = viewOf(bytes);
  if (view.getUint32(0, true) !== LOCAL) return undefined;
  const nameLength = view.getUint16(26, true);
  const length = LOCAL_BYTES + nameLength + view.getUint16(28, true);
  if (length > bytes.length) {
    bytes = await source.read(header, Math.min(room, length));
    view = viewOf(bytes);
  }
  const extra = bytes.subarray(LOCAL_BYTES + nameLength, length);
  const [size, packed] = wideSizes(extra, [view.getUint32(22, true), view.getUint32(18, true)]);
  return {
    name: bytes.subarray(LOCAL_BYTES, LOCAL_BYTES + nameLength),
    flags: view.getUint16(6, true),
    method: view.getUint16(8, true),
    crc: view.getUint32(14, true),
    packed: packed as number,
    size: size as number,
    length,
    extra,
  };
}

/** Reports where a local header says something else than the directory. */
export function compareLocal(
  file: string,
  entry: ZipEntry,
  local: LocalHeader,
  faults: FaultCollector,
): void {
  const differ = (field: string, here: string, there: string) => {
    const bytes = { offset: entry.header, length: LOCAL_BYTES };
    faults.add({
      kind: 'zip-entry-mismatch',
      file,
      bytes,
      entry: entry.name,
      field,
      local: here,
      central: there,
    });
  };
  const sameName =
    local.length - LOCAL_BYTES >= entry.nameBytes.length &&
    local.name.length === entry.nameBytes.length &&
    local.name.every((byte, at) => byte === entry.nameBytes[at]);
  if (!sameName) differ('name', nameOf(local.name), entry.name);
  const other = otherName(local.extra, entry.name);
  if (other !== undefined) differ('name', other, entry.name);
  if (local.flags !== entry.flags) differ('flags', hex(local.flags), hex(entry.flags));
  if (local.method !== entry.method) differ('method', String(local.method), String(entry.method));
  const later = (local.flags & HAS_DESCRIPTOR) !== 0;
  const same = (here: number, there: number) => here === there || (later && here === 0);
  if (!same(local.size, entry.size)) differ('size', String(local.size), String(entry.size));
  if (!same(local.packed, entry.packed)) differ('packed size', String(local.packed), String(entry.packed));
  if (local.crc !== entry.crc && !(later && local.crc === 0)) differ('CRC', hex(local.crc), hex(entry.crc));
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
