/** What a file is that no reader takes: another format, something that stands in its place, or nothing at all. */
import type { ByteSource } from '../bytes/source.ts';
import type { Fault, MoreFaults } from './fault.ts';
import { type Recognised, readErrorReply, readHtmlPage, readLfsPointer, recognise } from './recognise.ts';

/** Places of a file that are looked at before it is called empty of anything but zeros, and bytes at each. */
const LOOKS = 16;
const LOOKED_AT = 4096;

/** What was never downloaded and has something in its place; undefined where nothing says so. */
export function standIn(path: string, head: Uint8Array, size: number): Fault | undefined {
  const pointer = readLfsPointer(head);
  if (pointer !== undefined) return { kind: 'lfs-pointer', file: path, ...pointer };
  const page = readHtmlPage(head);
  if (page !== undefined) return { kind: 'html-page', file: path, ...page };
  const reply = readErrorReply(head, size);
  return reply === undefined ? undefined : { kind: 'error-reply', file: path, reply };
}

/** Says that a file holds nothing; undefined where it does. @throws {ReadError} */
export async function nothingIn(source: ByteSource, head: Uint8Array): Promise<Fault | undefined> {
  const { name: file, size } = source;
  if (size === 0) return { kind: 'empty-file', file };
  if (head.some((byte) => byte !== 0)) return undefined;
  const length = Math.min(LOOKED_AT, size);
  let looked = 0;
  for (let look = 0; look < LOOKS; look += 1) {
    const offset = Math.round(((size - length) * look) / (LOOKS - 1));
    const bytes = await source.read(offset, length);
    if (bytes.some((byte) => byte !== 0)) return undefined;
    looked += length;
  }
  return { kind: 'zero-filled', file, actual: size, looked: Math.min(looked, size) };
}

/** A format that is not read, as a fault that says what can be done with it. */
export function unread(file: string, found: Recognised | undefined): Exclude<Fault, MoreFaults> {
  if (found === undefined) {
    return { kind: 'unsupported-format', file, format: 'unknown', title: 'unknown format' };
  }
  const { id: format, title, nature } = found;
  switch (nature) {
    case 'model':
      return { kind: 'foreign-model', file, format, title };
    case 'archive':
      return { kind: 'packed-archive', file, format, title };
    case 'other':
      return { kind: 'not-a-model', file, format, title };
    case 'weights':
      return { kind: 'unsupported-format', file, format, title };
  }
}

/** The format of a file by its first bytes; what tells some of them stands at the end. @throws {ReadError} */
export async function formatOf(source: ByteSource, head: Uint8Array): Promise<Recognised | undefined> {
  return recognise(head) ?? ((await endsAsTable(source)) ? TF_CHECKPOINT : undefined);
}

const TF_CHECKPOINT: Recognised = {
  id: 'tf-checkpoint',
  title: 'index of a TensorFlow checkpoint',
  nature: 'model',
};

/** The last bytes of a LevelDB table. Source: LevelDB table/format.h, kTableMagicNumber. */
const TABLE_END = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];

async function endsAsTable(source: ByteSource): Promise<boolean> {
  const length = TABLE_END.length;
  if (source.size < length) return false;
  const tail = await source.read(source.size - length, length);
  return TABLE_END.every((byte, at) => tail[at] === byte);
}

/** Ends of names that programs give to what they have not fetched whole yet. */
const UNFINISHED: readonly (readonly [end: RegExp, program: string])[] = [
  [/\.crdownload$/i, 'Chrome or Edge'],
  [/\.opdownload$/i, 'Opera'],
  [/\.download$/i, 'Safari'],
  [/\.incomplete$/i, 'huggingface_hub'],
  [/\.aria2(?:__temp)?$/i, 'aria2'],
  [/\.(?:part|partial|fdmdownload|!ut|!qb)$/i, 'the program that fetches it'],
];

/** Who has not fetched a file of that name whole yet; undefined where the name says nothing of the kind. */
export function unfinishedBy(path: string): string | undefined {
  return UNFINISHED.find(([end]) => end.test(path))?.[1];
}
