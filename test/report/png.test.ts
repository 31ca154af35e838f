import * as fc from '../build/properties.ts';
import { decode } from 'fast-png';
import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodePng } from '../../src/report/png.ts';

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
}

/** The chunks of a PNG, read here: signature, lengths and CRCs must hold. */
function chunksOf(png: Uint8Array): readonly Chunk[] {
  const bytes = Buffer.from(png);
  expect(bytes.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
  const chunks: Chunk[] = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const [begin, end] = [at + 8, at + 8 + length];
    expect(bytes.readUInt32BE(end)).toBe(crc32(bytes.subarray(at + 4, end)));
    chunks.push({ type: bytes.toString('latin1', at + 4, begin), data: bytes.subarray(begin, end) });
    at = end + 4;
  }
  return chunks;
}

/** Keyword and text of the text chunks. */
function textsOf(
  chunks: readonly Chunk[],
): readonly (readonly [type: string, keyword: string, text: string])[] {
  return chunks
    .filter(({ type }) => type === 'tEXt' || type === 'iTXt')
    .map(({ type, data }) => {
      const zero = data.indexOf(0);
      const text = type === 'tEXt' ? data.toString('latin1', zero + 1) : data.toString('utf8', zero + 5);
      return [type, data.toString('latin1', 0, zero), text] as const;
    });
}

function picture(width: number, height: number) {
  return { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, (_, at) => (at * 37) % 256) };
}

test('what was encoded is decoded', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      fc.uint8Array(),
      (width, height, some) => {
        const rgb = Uint8Array.from(
          { length: width * height * 3 },
          (_, at) => some[at % some.length] ?? at % 251,
        );
        const decoded = decode(encodePng({ width, height, rgb }), { checkCrc: true });
        expect(decoded).toMatchObject({ width, height, channels: 3, depth: 8 });
        expect(Array.from(decoded.data)).toEqual(Array.from(rgb));
      },
    ),
    { numRuns: 50 },
  );
});

test('the chunks are in order, and the picture is what inflating gives', () => {
  const drawn = picture(5, 3);
  const chunks = chunksOf(encodePng(drawn, new Map([['Software', 'ungarble']])));
  expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'IDAT', 'tEXt', 'IEND']);
  expect(chunks[0]?.data).toEqual(Buffer.from([0, 0, 0, 5, 0, 0, 0, 3, 8, 2, 0, 0, 0]));
  const rows = inflateSync(chunks[1]?.data ?? Buffer.of());
  expect(rows).toHaveLength(3 * (5 * 3 + 1));
  expect(Array.from(rows.subarray(17, 32))).toEqual(Array.from(drawn.rgb.subarray(15, 30)));
});

describe('texts', () => {
  const png = (texts: Record<string, string>) => encodePng(picture(2, 2), new Map(Object.entries(texts)));

  test('within Latin-1 as tEXt, beyond as iTXt in UTF-8', () => {
    const texts = {
      Software: 'ungarble',
      prompt: 'naïve café',
      negative: '猫 😀',
      seed: '7',
      Comment: 'a\nb',
    };
    expect(textsOf(chunksOf(png(texts)))).toEqual([
      ['tEXt', 'Software', 'ungarble'],
      ['tEXt', 'prompt', 'naïve café'],
      ['iTXt', 'negative', '猫 😀'],
      ['tEXt', 'seed', '7'],
      ['tEXt', 'Comment', 'a\nb'],
    ]);
    const { negative: _, ...latin } = texts;
    expect(decode(png(texts), { checkCrc: true }).text).toEqual(latin);
  });

  test('control characters cannot end a text early or act on who prints it', () => {
    const [[, , text] = []] = textsOf(chunksOf(png({ prompt: 'a\0b\x1b[31mc\x9bd\r' })));
    expect(text).toBe(String.raw`a\x00b\x1b[31mc\x9bd\x0d`);
  });

  test('whatever the text, the file is whole', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0x10ffff)), (codes) => {
        const text = String.fromCodePoint(...codes);
        const file = png({ prompt: text });
        expect(textsOf(chunksOf(file))).toHaveLength(1);
        expect(decode(file, { checkCrc: true }).width).toBe(2);
      }),
      { numRuns: 30 },
    );
  });

  test('a keyword that no reader would take is refused', () => {
    for (const keyword of ['', ' a', 'a ', 'ключ', 'a\0b', 'x'.repeat(80)]) {
      expect(() => png({ [keyword]: 'x' })).toThrow('is no keyword of a PNG text');
    }
  });
});

test('sizes that do not fit are refused', () => {
  expect(() => encodePng({ width: 2, height: 2, rgb: new Uint8Array(11) })).toThrow(
    '11 bytes are no picture of 2×2 in three colours',
  );
  expect(() => encodePng({ width: 0, height: 0, rgb: new Uint8Array(0) })).toThrow(RangeError);
});
