/** The containers that PyTorch has written its checkpoints in, and pickles that are none of them. */
import type { Reader } from '../reader.ts';
import { mayBePickle } from './first-opcodes.ts';
import { NEWEST_PROTOCOL, OP } from './pickle-opcodes.ts';

const ZIP = [0x50, 0x4b, 0x03, 0x04] as const;
/** An archive without entries begins with its end. */
const EMPTY_ZIP = [0x50, 0x4b, 0x05, 0x06] as const;
/** The magic number as `LONG1` writes it; only a literal is taken, never a call that would make it. */
const LEGACY_MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19] as const;
const TAR = [0x75, 0x73, 0x74, 0x61, 0x72] as const;
const TAR_AT = 257;

function stands(head: Uint8Array, bytes: readonly number[], at = 0): boolean {
  return bytes.every((byte, i) => head[at + i] === byte);
}

/** Of the pickle's protocol: torch writes 2 where it is not told otherwise; from 4 on a frame stands before it. */
function beginsWithMagic(head: Uint8Array): boolean {
  const [first, protocol = 0, third] = head;
  if (first !== OP.PROTO || protocol > NEWEST_PROTOCOL) return false;
  return stands(head, LEGACY_MAGIC, third === OP.FRAME ? 11 : 2);
}

export const torchZipReader: Reader = {
  id: 'pytorch',
  title: 'zip archive, as PyTorch checkpoints are',
  match: (head) => stands(head, ZIP) || stands(head, EMPTY_ZIP),
  read: async (source, file) => (await import('./torch-zip.ts')).readTorchZip(source, file),
};

export const legacyReader: Reader = {
  id: 'pytorch',
  title: 'PyTorch checkpoint of the old kind',
  match: beginsWithMagic,
  read: async (source, file) => (await import('./legacy.ts')).readLegacy(source, file),
};

export const legacyTarReader: Reader = {
  id: 'pytorch',
  title: 'tar archive, as the oldest PyTorch checkpoints are',
  match: (head) => stands(head, TAR, TAR_AT),
  read: async (source, file) => (await import('./legacy-tar.ts')).readLegacyTar(source, file),
};

export const picklesReader: Reader = {
  id: 'pytorch',
  title: 'Python pickle',
  match: async (head) => mayBePickle(head) && (await import('./sniff.ts')).looksLikePickle(head),
  read: async (source) => (await import('./bare-pickle.ts')).readBarePickle(source),
};
