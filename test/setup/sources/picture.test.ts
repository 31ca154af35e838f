import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../../src/bytes/memory.ts';
import { exifTexts } from '../../../src/formats/exif.ts';
import { PICTURE_HEAD, pictureReader } from '../../../src/formats/picture-text.ts';
import { pngTexts } from '../../../src/formats/png-text.ts';
import { apiFlow, editorFlow } from '../../build/flows.ts';
import { exif, jpeg, unicodeComment, webp } from '../../build/exif.ts';
import { iTXt, png, tEXt, zTXt } from '../../build/png.ts';
import { refusal, setupOf } from './read.ts';

const INFOTEXT = 'ein Kätzchen\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512';

describe('a picture that carries its setup', () => {
  test.each([
    [
      'ComfyUI, both forms',
      [tEXt('prompt', JSON.stringify(apiFlow())), tEXt('workflow', JSON.stringify(editorFlow()))],
      20,
    ],
    ['ComfyUI, the editor form alone', [tEXt('workflow', JSON.stringify(editorFlow()))], 35],
    ['AUTOMATIC1111 in tEXt', [tEXt('parameters', INFOTEXT)], 20],
    ['AUTOMATIC1111 in zTXt', [zTXt('parameters', INFOTEXT)], 20],
    ['AUTOMATIC1111 in iTXt', [iTXt('parameters', INFOTEXT)], 20],
    ['AUTOMATIC1111 in iTXt, deflated', [iTXt('parameters', INFOTEXT, true)], 20],
    [
      'a prompt that is broken, and a workflow that is not',
      [tEXt('prompt', '{"3":'), tEXt('workflow', JSON.stringify(editorFlow()))],
      35,
    ],
    [
      'after chunks of other programs',
      [tEXt('Software', 'x'), ['eXIf', new Uint8Array(9)] as const, tEXt('parameters', INFOTEXT)],
      20,
    ],
  ])('%s', async (_, chunks, steps) => {
    const setup = await setupOf(png(chunks), 'a.png');
    expect(setup.fields.steps?.value).toBe(steps);
  });

  test('what stands where is told by chunk', async () => {
    const setup = await setupOf(png([tEXt('prompt', JSON.stringify(apiFlow()))]), 'a.png');
    expect(setup.fields.steps).toMatchObject({ file: 'a.png (prompt)', pointer: '/3/inputs/steps' });
  });

  test('a bare NaN, which ComfyUI writes into its prompt, is no fault', async () => {
    const prompt = JSON.stringify(apiFlow()).replace('"seed":156680208700286', '"seed":1,"is_changed":[NaN]');
    expect((await setupOf(png([tEXt('prompt', prompt)]))).fields.steps?.value).toBe(20);
  });
});

describe('a picture that carries it in Exif data', () => {
  const comment = unicodeComment(INFOTEXT);
  test.each([
    ['a JPEG, the order of bytes that AUTOMATIC1111 writes', jpeg(exif({ comment }))],
    ['a JPEG, either order', jpeg(exif({ comment: unicodeComment(INFOTEXT, true), little: true }))],
    ['a JPEG, data and text of unlike orders', jpeg(exif({ comment, little: true }))],
    ['a JPEG, plain text', jpeg(exif({ comment: Buffer.from(`ASCII\0\0\0${INFOTEXT}`) }))],
    ['a WebP', webp(exif({ comment }))],
    ['a PNG', png([['eXIf', exif({ comment })]])],
  ])('%s', async (_, bytes) => {
    const setup = await setupOf(bytes, 'a.picture');
    expect(setup.fields.steps).toMatchObject({ value: 20, file: 'a.picture (parameters)' });
  });

  test.each([
    ['in small letters', { 0x110: `prompt:${JSON.stringify(apiFlow())}`, 0x10f: `workflow:{}` }, 20],
    ['in capitals', { 0x10e: `Workflow: ${JSON.stringify(editorFlow())}` }, 35],
  ])('a WebP of ComfyUI, its keyword %s', async (_, tags, steps) => {
    const setup = await setupOf(webp(exif({ tags, little: true })));
    expect(setup.fields.steps?.value).toBe(steps);
  });

  test.each([
    ['of another camera', exif({ tags: { 0x110: 'a camera' } })],
    ['that is no TIFF file', Buffer.from('XX\0*\0\0\0\x08')],
    ['that is empty', new Uint8Array()],
    ['whose directory lies outside', Buffer.from('MM\0*\xff\xff\xff\xff', 'latin1')],
  ])('refused with data %s', async (_, data) => {
    for (const bytes of [jpeg(data), webp(data), png([['eXIf', data]])]) {
      expect((await refusal(bytes)).message).toContain('carries no setup (no text at all)');
    }
  });

  test.each([
    ['a JPEG', jpeg(exif({ comment }))],
    ['a WebP', webp(exif({ comment }))],
  ])('%s cut anywhere or with any byte changed is read as far as it goes', async (_, whole) => {
    for (let at = 12; at < whole.length; at++) {
      const changed = Buffer.from(whole);
      changed[at] = 0xff;
      for (const bytes of [whole.subarray(0, at), changed]) {
        const read = pictureReader(bytes.subarray(0, PICTURE_HEAD));
        const { texts = [] } = (await read?.(memorySource('a', bytes))) ?? {};
        expect(texts.length).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe('Exif data that says far more than it holds', () => {
  test('texts that lie over each other are no more than there is', () => {
    const data = directory(500, { tag: 0x10f, type: 2, length: 1000, place: 7000 });
    data.write('prompt:', 7000);
    const texts = exifTexts(data);
    expect(texts.length).toBe(8);
    expect(texts.every(({ keyword, text }) => keyword === 'prompt' && text.length === 993)).toBe(true);
  });

  test('of many directories below, the first is gone through', () => {
    const comment = unicodeComment(INFOTEXT);
    const data = directory(300, { tag: 0x8769, type: 4, length: 1, place: 4000 });
    const below = directory(1, { tag: 0x9286, type: 7, length: comment.length, place: 5000 });
    data.set(below.subarray(8, 8 + 2 + 12), 4000);
    data.set(comment, 5000);
    expect(exifTexts(data)).toEqual([{ keyword: 'parameters', text: INFOTEXT }]);
  });
});

/** Data of 8,000 bytes that begins with a directory of so many equal entries. */
function directory(
  count: number,
  { tag, type, length, place }: Readonly<Record<'tag' | 'type' | 'length' | 'place', number>>,
): Buffer {
  const data = Buffer.alloc(8000, 'x');
  data.write('MM\0*');
  data.writeUInt32BE(8, 4);
  data.writeUInt16BE(count, 8);
  for (let at = 10; at < 10 + 12 * count; at += 12) {
    data.writeUInt16BE(tag, at);
    data.writeUInt16BE(type, at + 2);
    data.writeUInt32BE(length, at + 4);
    data.writeUInt32BE(place, at + 8);
  }
  return data;
}

describe('a picture that is no setup', () => {
  test('without texts', async () => {
    expect((await refusal(png([]), 'a.png')).message).toContain('carries no setup (no text at all)');
  });

  test('with texts of others', async () => {
    expect((await refusal(png([tEXt('Comment', 'hello')]), 'a.png')).message).toContain('only Comment');
  });

  test.each([
    ['a text that is a bomb', [['zTXt', bomb()] as const], 'inflates to more than'],
    [
      'a text that is no deflate data',
      [['zTXt', Buffer.from('parameters\0\0xxxx')] as const],
      'is no deflate data',
    ],
    ['a text without a keyword', [['tEXt', Buffer.from('\0x')] as const], 'has no keyword'],
    ['an iTXt cut short', [['iTXt', Buffer.from('parameters\0\0')] as const], 'is cut short'],
  ])('%s', async (_, chunks, why) => {
    expect((await refusal(png(chunks), 'a.png')).message).toContain(why);
  });

  test('a chunk longer than the file', async () => {
    const bytes = Buffer.from(png([tEXt('parameters', INFOTEXT)]));
    bytes.writeUInt32BE(0x7fffffff, 8 + 25);
    expect((await refusal(bytes, 'a.png')).message).toContain('after the file');
  });

  test('cut anywhere, it is read as far as it goes', async () => {
    const whole = png([tEXt('parameters', INFOTEXT)]);
    for (let length = 8; length < whole.length; length++) {
      const { texts } = await pngTexts(memorySource('a.png', whole.subarray(0, length)));
      expect(texts.length).toBeLessThanOrEqual(1);
    }
  });
});

/** 64 MiB of zeros in 64 KB. */
function bomb(): Uint8Array {
  return Buffer.concat([Buffer.from('parameters\0\0', 'latin1'), deflateSync(Buffer.alloc(64 << 20))]);
}
