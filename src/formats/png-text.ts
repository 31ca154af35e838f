/** The text chunks of a PNG, where programs that draw pictures write what they drew with. */
import { joined } from '../bytes/joined.ts';
import { MAX_PICTURE_CHUNKS, MAX_PICTURE_TEXT_BYTES } from '../bytes/limits.ts';
import type { ByteSource } from '../bytes/source.ts';
import { exifTexts, type PictureText } from './exif.ts';

export interface PictureTexts {
  readonly texts: readonly PictureText[];
  /** Where and why reading ended before the picture's end. */
  readonly problem?: string;
}

/** What may be wrong with a picture of any kind, in words. */
export const MANY_CHUNKS = `it has more than ${MAX_PICTURE_CHUNKS} chunks`;
export const LARGE_TEXTS = `its texts are larger than ${MAX_PICTURE_TEXT_BYTES} bytes`;

export function longChunk(offset: number, end: number): string {
  return `its chunk at byte ${offset} is said to end at ${end}, after the file`;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const;
const CHUNK_HEAD = 8;
const CHUNK_TAIL = 4;

/** Whether these are the first bytes of a PNG. */
export function isPng(head: Uint8Array): boolean {
  return SIGNATURE.every((byte, index) => head[index] === byte);
}

/**
 * Reads the `tEXt`, `zTXt`, `iTXt` and `eXIf` chunks; picture data is stepped over. Sums are not checked: a picture that a
 * viewer shows has its texts read. Source: PNG specification, third edition, sections 5.3 and 11.3.3.
 * @throws {ReadError} when the bytes cannot be had.
 */
export async function pngTexts(source: ByteSource): Promise<PictureTexts> {
  const texts: PictureText[] = [];
  let budget = MAX_PICTURE_TEXT_BYTES;
  let offset: number = SIGNATURE.length;
  for (let count = 0; offset + CHUNK_HEAD <= source.size; count++) {
    if (count === MAX_PICTURE_CHUNKS) return { texts, problem: MANY_CHUNKS };
    const head = await source.read(offset, CHUNK_HEAD);
    const length = new DataView(head.buffer, head.byteOffset, CHUNK_HEAD).getUint32(0);
    const type = String.fromCharCode(...head.subarray(4));
    const end = offset + CHUNK_HEAD + length + CHUNK_TAIL;
    if (end > source.size) return { texts, problem: longChunk(offset, end) };
    if (type === 'IEND') break;
    if (type === 'eXIf' && length <= budget) {
      texts.push(...exifTexts(await source.read(offset + CHUNK_HEAD, length)));
      budget -= length;
    }
    if (TEXT_CHUNKS.has(type)) {
      if (length > budget) return { texts, problem: LARGE_TEXTS };
      const chunk = await source.read(offset + CHUNK_HEAD, length);
      const read = await textOf(type, chunk, budget);
      if (typeof read === 'string') return { texts, problem: `its chunk at byte ${offset} ${read}` };
      texts.push({ keyword: read.keyword, text: read.text });
      budget -= length + read.size;
    }
    offset = end;
  }
  return { texts };
}

const TEXT_CHUNKS: ReadonlySet<string> = new Set(['tEXt', 'zTXt', 'iTXt']);

interface Read extends PictureText {
  /** Bytes of the text when inflated. */
  readonly size: number;
}

/** The keyword and text of a chunk, or what is wrong with it. */
async function textOf(type: string, chunk: Uint8Array, budget: number): Promise<Read | string> {
  const end = chunk.indexOf(0);
  if (end < 1) return 'has no keyword';
  const keyword = latin1(chunk.subarray(0, end));
  const rest = chunk.subarray(end + 1);
  if (type === 'tEXt') return { keyword, text: written(rest), size: 0 };
  if (type === 'zTXt') return inflated(keyword, rest.subarray(1), budget, latin1);
  const language = rest.indexOf(0, 2);
  const translated = language === -1 ? -1 : rest.indexOf(0, language + 1);
  if (translated === -1) return 'is cut short';
  const text = rest.subarray(translated + 1);
  if (rest[0] === 1) return inflated(keyword, text, budget, utf8);
  return { keyword, text: utf8(text), size: 0 };
}

async function inflated(
  keyword: string,
  packed: Uint8Array,
  budget: number,
  decode: (bytes: Uint8Array) => string,
): Promise<Read | string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const stream = new Blob([Uint8Array.from(packed)]).stream().pipeThrough(new DecompressionStream('deflate'));
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > budget) {
        await reader.cancel();
        return `inflates to more than ${budget} bytes`;
      }
      pieces.push(value);
    }
  } catch {
    return 'is no deflate data';
  }
  return { keyword, text: decode(joined(pieces)), size };
}

/** Texts of `tEXt` are Latin-1 by the specification; programs write UTF-8 there all the same. */
function written(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return latin1(bytes);
  }
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  const step = 4096;
  for (let at = 0; at < bytes.length; at += step)
    text += String.fromCharCode(...bytes.subarray(at, at + step));
  return text;
}
