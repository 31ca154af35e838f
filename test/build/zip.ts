/** Writes zip archives as torch does, each part of them changeable, so that a defect is one line. */
import { crc32 } from '../../src/formats/pytorch/crc32.ts';
import { concat, u32, u64 } from './bytes.ts';

export interface ZipEntrySpec {
  readonly name: string;
  readonly data: Uint8Array;
  /** What the directory says; what is there where absent. */
  readonly crc?: number;
  readonly size?: number;
  readonly packed?: number;
  readonly method?: number;
  readonly flags?: number;
  readonly header?: number;
  /** What the local header says otherwise. */
  readonly local?: { readonly name?: string; readonly method?: number; readonly flags?: number };
  /** Bytes behind the contents instead of the descriptor. */
  readonly after?: Uint8Array;
  /** More extra fields in the directory. */
  readonly extra?: Uint8Array;
}

export interface ZipOptions {
  readonly before?: Uint8Array;
  /** Between the directory and its end. */
  readonly beforeEnd?: Uint8Array;
  readonly comment?: Uint8Array;
  readonly after?: Uint8Array;
  readonly count?: number;
  readonly directoryOffset?: number;
  /** Without the zip64 end that torch always writes. */
  readonly narrow?: boolean;
  /** Without descriptors: sizes in the local headers, as other programs write them. */
  readonly plain?: boolean;
}

function u16(value: number): readonly number[] {
  return [value & 0xff, (value >>> 8) & 0xff];
}

const encoder = new TextEncoder();
const ALIGNMENT = 64;
const LATER = 0x0808;

/** The archive. */
export function buildZip(entries: readonly ZipEntrySpec[], options: ZipOptions = {}): Uint8Array {
  const parts: Uint8Array[] = [options.before ?? new Uint8Array(0)];
  const central: Uint8Array[] = [];
  let at = parts[0]?.length ?? 0;
  const push = (bytes: Uint8Array) => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const entry of entries) {
    const { data, local = {} } = entry;
    const crc = entry.crc ?? crc32(data);
    const [packed, size] = [entry.packed ?? data.length, entry.size ?? data.length];
    const method = entry.method ?? 0;
    const flags = entry.flags ?? (options.plain === true ? 0 : LATER);
    const header = at;
    const localName = encoder.encode(local.name ?? entry.name);
    const padding = paddingTo(header + 30 + localName.length, options.plain === true);
    const known = options.plain === true ? [crc, packed, size] : [0, 0, 0];
    push(
      concat(
        [
          ...u32(0x04034b50),
          ...u16(0),
          ...u16(local.flags ?? flags),
          ...u16(local.method ?? method),
          0,
          0,
          0,
          0,
        ],
        ...known.map(u32),
        [...u16(localName.length), ...u16(padding.length)],
        localName,
        padding,
        data,
        entry.after ??
          (options.plain === true ? [] : concat(u32(0x08074b50), u32(crc), u32(packed), u32(size))),
      ),
    );
    const name = encoder.encode(entry.name);
    const extra = entry.extra ?? new Uint8Array(0);
    central.push(
      concat(
        [...u32(0x02014b50), ...u16(0), ...u16(0), ...u16(flags), ...u16(method), 0, 0, 0, 0],
        ...[crc, packed, size].map(u32),
        [...u16(name.length), ...u16(extra.length), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        u32(entry.header ?? header),
        name,
        extra,
      ),
    );
  }
  const directory = options.directoryOffset ?? at;
  const listed = concat(...central);
  push(listed);
  push(options.beforeEnd ?? new Uint8Array(0));
  const count = options.count ?? entries.length;
  if (options.narrow !== true) {
    const end64 = at;
    push(
      concat(
        u32(0x06064b50),
        u64(44),
        [0, 0, 0, 0],
        u32(0),
        u32(0),
        ...[count, count, listed.length, directory].map(u64),
      ),
    );
    push(concat(u32(0x07064b50), u32(0), u64(end64), u32(1)));
  }
  const comment = options.comment ?? new Uint8Array(0);
  push(
    concat(
      [...u32(0x06054b50), 0, 0, 0, 0, ...u16(count), ...u16(count)],
      u32(listed.length),
      u32(directory),
      u16(comment.length),
      comment,
    ),
  );
  push(options.after ?? new Uint8Array(0));
  return concat(...parts);
}

/** torch's own extra field, which puts the contents at a multiple of 64. */
function paddingTo(at: number, plain: boolean): Uint8Array {
  if (plain) return new Uint8Array(0);
  const length = (ALIGNMENT - ((at + 4) % ALIGNMENT)) % ALIGNMENT;
  return concat([0x46, 0x42, ...u16(length)], new Uint8Array(length).fill(0x5a));
}
