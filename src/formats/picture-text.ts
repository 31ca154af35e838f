/** The texts that pictures carry: PNG, JPEG and WebP. */
import { MAX_PICTURE_CHUNKS, MAX_PICTURE_TEXT_BYTES } from '../bytes/limits.ts';
import type { ByteSource } from '../bytes/source.ts';
import { exifTexts, type PictureText } from './exif.ts';
import { isPng, LARGE_TEXTS, longChunk, MANY_CHUNKS, type PictureTexts, pngTexts } from './png-text.ts';

export type { PictureTexts } from './png-text.ts';

/** First bytes that tell a picture, its name among them. */
export const PICTURE_HEAD = 12;

/** What reads a picture, by its first bytes; undefined for what is none. */
export function pictureReader(head: Uint8Array): ((source: ByteSource) => Promise<PictureTexts>) | undefined {
  if (isPng(head)) return pngTexts;
  if (head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff) return jpegTexts;
  const text = String.fromCharCode(...head.subarray(0, PICTURE_HEAD));
  return text.startsWith('RIFF') && text.endsWith('WEBP') ? webpTexts : undefined;
}

const APP1 = 0xe1;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/** Goes through the segments before the picture's data. Source: ITU-T T.81, annex B.1; Exif 2.32, section 4.7.2. */
async function jpegTexts(source: ByteSource): Promise<PictureTexts> {
  const texts: PictureText[] = [];
  let budget = MAX_PICTURE_TEXT_BYTES;
  let offset = 2;
  for (let count = 0; offset + 4 <= source.size; count++) {
    if (count === MAX_PICTURE_CHUNKS) return { texts, problem: MANY_CHUNKS };
    const head = await source.read(offset, 4);
    const [mark, kind = 0, high = 0, low = 0] = head;
    if (mark !== 0xff) return { texts, problem: `there is no segment at byte ${offset}` };
    if (kind === START_OF_SCAN || kind === END_OF_IMAGE) break;
    const length = high * 256 + low;
    if (offset + 2 + length > source.size) return { texts, problem: longChunk(offset, offset + 2 + length) };
    if (kind === APP1) {
      budget -= length;
      if (budget < 0) return { texts, problem: LARGE_TEXTS };
      texts.push(...exifTexts(await source.read(offset + 4, Math.max(0, length - 2))));
    }
    offset += 2 + length;
  }
  return { texts };
}

/** Goes through the chunks for the one of Exif data. Source: RFC 9649, sections 2.3 and 2.7.1.5. */
async function webpTexts(source: ByteSource): Promise<PictureTexts> {
  const texts: PictureText[] = [];
  let offset = PICTURE_HEAD;
  for (let count = 0; offset + 8 <= source.size; count++) {
    if (count === MAX_PICTURE_CHUNKS) return { texts, problem: MANY_CHUNKS };
    const head = await source.read(offset, 8);
    const length = new DataView(head.buffer, head.byteOffset, 8).getUint32(4, true);
    const end = offset + 8 + length;
    if (end > source.size) return { texts, problem: longChunk(offset, end) };
    if (String.fromCharCode(...head.subarray(0, 4)) === 'EXIF') {
      if (length > MAX_PICTURE_TEXT_BYTES) return { texts, problem: LARGE_TEXTS };
      texts.push(...exifTexts(await source.read(offset + 8, length)));
      break;
    }
    offset = end + (length % 2);
  }
  return { texts };
}
