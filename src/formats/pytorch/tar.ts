/** Tar archives, as far as torch's oldest checkpoints use them. Source: POSIX.1-1988 ustar. */
import { MAX_TAR_ENTRIES } from '../../bytes/limits.ts';
import { pathRefusal } from '../../bytes/path-policy.ts';
import type { ByteSource } from '../../bytes/source.ts';
import type { FaultCollector } from '../collector.ts';

const BLOCK = 512;

export interface TarEntry {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

/** The regular files in an archive by name. What torch would unpack elsewhere, or twice, is a fault. */
export async function readTar(
  source: ByteSource,
  faults: FaultCollector,
): Promise<ReadonlyMap<string, TarEntry>> {
  const { name: file, size } = source;
  const entries = new Map<string, TarEntry>();
  const invalid = (at: number, reason: string) => {
    const bytes = { offset: at, length: Math.min(BLOCK, size - at) };
    faults.add({ kind: 'tar-invalid', file, bytes, reason });
  };
  let at = 0;
  for (let count = 0; at + BLOCK <= size; count += 1) {
    if (count === MAX_TAR_ENTRIES) {
      const what = 'entries of a tar archive';
      faults.add({ kind: 'limit-exceeded', file, what, limit: MAX_TAR_ENTRIES, actual: count + 1 });
      return entries;
    }
    const header = await source.read(at, BLOCK);
    if (header.every((byte) => byte === 0)) {
      await checkEnd(source, at, faults);
      return entries;
    }
    const length = octal(header.subarray(124, 136));
    if (length === undefined || octal(header.subarray(148, 156)) !== checksum(header)) {
      invalid(at, 'a header whose sum is wrong');
      return entries;
    }
    const prefix = text(header.subarray(345, 500));
    const name = `${prefix === '' ? '' : `${prefix}/`}${text(header.subarray(0, 100))}`;
    const offset = at + BLOCK;
    if (offset + length > size) {
      const expected = offset + length;
      faults.add({
        kind: 'pytorch-truncated',
        file,
        bytes: { offset: size, length: 0 },
        expected,
        actual: size,
      });
      return entries;
    }
    const refusal = pathRefusal(name.replace(/\/$/, ''));
    if (refusal !== undefined) faults.add({ kind: 'zip-entry-name', file, entry: name, reason: refusal });
    const type = header[156];
    if (type === REGULAR || type === 0) {
      if (entries.has(name)) faults.add({ kind: 'zip-duplicate-entry', file, entry: name, other: name });
      entries.set(name, { name, offset, length });
    } else if (type === HARD_LINK || type === SYMBOLIC_LINK) invalid(at, 'an entry that is a link');
    // Python heeds headers that give the next entry another name or size, other readers do not
    else if (type !== FOLDER) invalid(at, 'an entry that is neither file nor folder');
    at = offset + Math.ceil(length / BLOCK) * BLOCK;
  }
  return entries;
}

const REGULAR = 0x30;
const HARD_LINK = 0x31;
const SYMBOLIC_LINK = 0x32;
const FOLDER = 0x35;

/** Bytes of zeros that tar writes behind the entries at most: it fills up records of 20 blocks. */
const MAX_END = 2 * 20 * BLOCK;

/** Reports what stands behind the end, where readers stop. */
async function checkEnd(source: ByteSource, at: number, faults: FaultCollector): Promise<void> {
  const { name: file, size } = source;
  const length = Math.min(size - at, MAX_END);
  const rest = await source.read(at, length);
  if (size - at <= MAX_END && rest.every((byte) => byte === 0)) return;
  const used = rest.findIndex((byte) => byte !== 0);
  const offset = at + (used === -1 ? length : used);
  const bytes = { offset, length: size - offset };
  faults.add({ kind: 'pytorch-trailing-bytes', file, bytes, expected: offset, actual: size });
}

/** Text up to the first NUL, one character a byte. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end === -1 ? bytes : bytes.subarray(0, end)));
}

function octal(bytes: Uint8Array): number | undefined {
  const digits = text(bytes).trim();
  return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

/** The sum of all bytes, those of the sum itself taken for spaces. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}
