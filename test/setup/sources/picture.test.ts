import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../../src/bytes/memory.ts';
import { pngTexts } from '../../../src/formats/png-text.ts';
import { apiFlow, editorFlow } from '../../build/flows.ts';
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
