/** The containers that PyTorch has written its checkpoints in, and pickles that are none of them. */
import type { Reader } from '../reader.ts';
import { readBarePickle } from './bare-pickle.ts';
import { LEGACY_MAGIC, readLegacy } from './legacy.ts';
import { readLegacyTar } from './legacy-tar.ts';
import { looksLikePickle } from './sniff.ts';
import { readTorchZip } from './torch-zip.ts';

const ZIP = [0x50, 0x4b, 0x03, 0x04] as const;
/** An archive without entries begins with its end. */
const EMPTY_ZIP = [0x50, 0x4b, 0x05, 0x06] as const;
const TAR = [0x75, 0x73, 0x74, 0x61, 0x72] as const;
const TAR_AT = 257;

function stands(head: Uint8Array, bytes: readonly number[], at = 0): boolean {
  return bytes.every((byte, i) => head[at + i] === byte);
}

export const torchZipReader: Reader = {
  id: 'pytorch',
  title: 'zip archive, as PyTorch checkpoints are',
  match: (head) => stands(head, ZIP) || stands(head, EMPTY_ZIP),
  read: readTorchZip,
};

export const legacyReader: Reader = {
  id: 'pytorch',
  title: 'PyTorch checkpoint of the old kind',
  match: (head) => stands(head, LEGACY_MAGIC),
  read: readLegacy,
};

export const legacyTarReader: Reader = {
  id: 'pytorch',
  title: 'tar archive, as the oldest PyTorch checkpoints are',
  match: (head) => stands(head, TAR, TAR_AT),
  read: readLegacyTar,
};

export const picklesReader: Reader = {
  id: 'pytorch',
  title: 'Python pickle',
  match: looksLikePickle,
  read: readBarePickle,
};
