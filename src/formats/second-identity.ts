/**
 * What a file is beside what it was read as. A file that is valid as two formats shows one thing to whoever checks it
 * and another to whoever loads it. Every signature that is looked for here has four bytes or more, or is run.
 */
import type { ByteSource } from '../bytes/source.ts';
import type { CheckpointFile } from './checkpoint.ts';
import { endsAsZip } from './pytorch/polyglot.ts';

/** What people call each of the formats that are read. */
const TITLES: Readonly<Record<CheckpointFile['format'], string>> = {
  safetensors: 'safetensors file',
  gguf: 'GGUF file',
  pytorch: 'PyTorch checkpoint',
  onnx: 'ONNX model',
  dduf: 'DDUF file',
  tza: 'tensor archive of Open Image Denoise',
};

/** A file as two formats. */
export interface TwoFormats {
  readonly format: string;
  readonly other: string;
}

const ZIP = [0x50, 0x4b, 0x03, 0x04] as const;
/** The opcode PROTO, by which pickles begin since protocol 2. */
const PICKLE = 0x80;

/** First bytes that programs go by, and that may as well be the length of a safetensors header. */
const BEGINNINGS: readonly (readonly [title: string, bytes: readonly number[]])[] = [
  ['zip archive', ZIP],
  ['gzip file', [0x1f, 0x8b, 0x08, 0x00]],
  ['program for Windows', [0x4d, 0x5a]],
];

const USTAR = [0x75, 0x73, 0x74, 0x61, 0x72] as const;
const USTAR_AT = 257;

/** The signature of HDF5 may stand behind a block of the user's own, at 512 bytes or any double of that. */
const HDF5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a] as const;
const FIRST_HDF5 = 512;
/** Further in it would be a request of its own for a remote file; readers look at every double. */
const LAST_HDF5 = 512 * 1024;

/** Bytes that a pickle must run before a header is called one: more than the length field and the brace behind it. */
const RUN = 9;

/**
 * The other formats that a file is valid as, by its first bytes and its end.
 * @param read the format that it was read as
 * @throws {ReadError}
 */
export async function otherFormats(
  source: ByteSource,
  head: Uint8Array,
  read: CheckpointFile['format'],
): Promise<readonly TwoFormats[]> {
  const others: string[] = [];
  if (read === 'safetensors') {
    const found = BEGINNINGS.find(([title, bytes]) => stands(head, bytes, 0) && proves(title, head));
    if (found !== undefined) others.push(found[0]);
    if (await runsAsPickle(head)) others.push('Python pickle');
  }
  const tar = stands(head, USTAR, USTAR_AT);
  // of torch's own containers only the tar begins with a name
  const readAsTar = read === 'pytorch' && tar && head[0] !== PICKLE && !stands(head, ZIP, 0);
  if (tar && !readAsTar) others.push('tar archive');
  if (await holdsHdf5(source)) others.push('HDF5 file');
  // the readers of pickles say so themselves, and that of zips has looked at the end
  if ((read !== 'pytorch' || readAsTar) && (await endsAsZip(source))) others.push('zip archive');
  return [...new Set(others)].map((other) => ({ format: TITLES[read], other }));
}

async function holdsHdf5(source: ByteSource): Promise<boolean> {
  const places: number[] = [];
  for (let at = FIRST_HDF5; at <= LAST_HDF5 && at + HDF5.length <= source.size; at *= 2) places.push(at);
  // at once: each read is a question to another process
  const found = await Promise.all(places.map((at) => source.read(at, HDF5.length)));
  return found.some((bytes) => stands(bytes, HDF5, 0));
}

function stands(bytes: Uint8Array, signature: readonly number[], at: number): boolean {
  return signature.every((byte, i) => bytes[at + i] === byte);
}

/** Two bytes alone are the length of some header: more has to say the same. */
function proves(title: string, head: Uint8Array): boolean {
  if (title !== 'program for Windows') return true;
  // where its real header is said to be, within what was read
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return head.length >= 0x40 && stands(head, [0x50, 0x45, 0, 0], view.getUint32(0x3c, true));
}

async function runsAsPickle(head: Uint8Array): Promise<boolean> {
  if (head[0] !== PICKLE) return false;
  const [{ runPickle }, { PickleLog }] = await Promise.all([
    import('./pytorch/pickle-machine.ts'),
    import('./pytorch/pickle-log.ts'),
  ]);
  const log = new PickleLog();
  const { broken, end } = runPickle(head, log);
  // what it names before it breaks has been imported, and may have been called
  if (broken === undefined || log.globals.length > 0) return end > RUN;
  return broken.kind !== 'malformed' && broken.kind !== 'protocol' && end > RUN;
}
