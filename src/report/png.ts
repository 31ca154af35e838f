/** Pictures as PNG files. Reached by dynamic import only: the encoder is not loaded by who draws nothing. */
import { encode } from 'fast-png';
import { escapeText } from './escape.ts';
import type { Picture } from '../smoke/preview.ts';

/** Bytes of the end chunk, always the same: length 0, `IEND`, its CRC. Source: PNG (W3C), 11.2.5. */
const END_BYTES = 12;

/** Letters of a keyword. Source: PNG, 11.3.3.1. */
const KEYWORD = /^[A-Za-z0-9](?:[A-Za-z0-9 ]{0,77}[A-Za-z0-9])?$/;

/** Characters that act on whoever prints them; a line break may stand in a text chunk. */
const CONTROLS = /[\x00-\x09\x0b-\x1f\x7f-\x9f]/g;

/**
 * A picture as a PNG file, 8 bits a colour, sRGB.
 * @param texts what the file says of itself, by keyword: `Software`, `prompt`, `seed` … Texts within Latin-1 are
 *   written as `tEXt`, which every program reads, others as `iTXt` in UTF-8; control characters in a visible form.
 * @throws {RangeError} when the sizes do not fit, or a keyword is none.
 */
export function encodePng(picture: Picture, texts: ReadonlyMap<string, string> = new Map()): Uint8Array {
  const { width, height, rgb } = picture;
  if (rgb.length !== width * height * 3 || rgb.length === 0) {
    throw new RangeError(`${rgb.length} bytes are no picture of ${width}×${height} in three colours`);
  }
  const png = encode({ width, height, data: rgb, channels: 3, depth: 8 }, { zlib: { level: 6 } });
  const chunks = [...texts].map(([keyword, text]) => textChunk(keyword, text));
  const body = png.subarray(0, png.length - END_BYTES);
  return joined([body, ...chunks, png.subarray(png.length - END_BYTES)]);
}

function textChunk(keyword: string, raw: string): Uint8Array {
  if (!KEYWORD.test(keyword)) throw new RangeError(`“${keyword}” is no keyword of a PNG text`);
  const text = raw.replace(CONTROLS, (character) => escapeText(character));
  const head = latin1(keyword);
  if (/^[\x00-\xff]*$/.test(text)) return chunk('tEXt', joined([head, Uint8Array.of(0), latin1(text)]));
  // not compressed, no language, no translated keyword
  const between = Uint8Array.of(0, 0, 0, 0, 0);
  return chunk('iTXt', joined([head, between, new TextEncoder().encode(text)]));
}

/** Length, type, data, and the CRC of type and data. Source: PNG, 5.3. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = joined([new Uint8Array(4), latin1(type), data, new Uint8Array(4)]);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(4, bytes.length - 4)));
  return bytes;
}

/** Source: PNG, annex D (ISO 3309). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
