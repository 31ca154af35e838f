import { describe, expect, test } from 'vitest';
import { openTree } from '../../src/bytes/file.ts';
import { readTokenizer } from '../../src/smoke/prompt/index.ts';
import type { Session } from '../../src/smoke/session.ts';
import { textOf } from '../../src/smoke/text.ts';

/** A session over text encoders of the fixture's vocabulary, as far as prompts are concerned. */
async function sessionOf(part: string, ids: readonly string[]): Promise<Session> {
  const found = await readTokenizer(await openTree('fixtures/shapes/sd1-v/tokenizer'), '');
  const model = { kind: 'clip-text', vocabulary: 555, positions: 77 };
  const readers = ids.map((id) => ({ encoder: { id, part, title: id, model } }));
  const inputs = [{ name: 'encoder_hidden_states' }];
  return {
    readers,
    options: { tokenizers: new Map([[part, found]]) },
    graph: { inputs },
  } as unknown as Session;
}

const [BEGIN, END] = [553, 554];

describe('prompts as tokens', () => {
  test('of a single file are filled up as each encoder wants it, whatever the tokenizer that was named', async () => {
    const { text } = textOf(await sessionOf('', ['clip-l', 'openclip-g']), 'a red circle on blue', '');
    const [clip, openclip] = text.map(({ prompt }) => prompt.ids);
    expect(clip?.slice(0, 7)).toEqual(openclip?.slice(0, 7));
    expect([clip?.[0], clip?.[6]]).toEqual([BEGIN, END]);
    expect(clip?.at(-1)).toBe(END);
    expect(openclip?.at(-1)).toBe(0);
  });

  test('of a pipeline are filled up as its own tokenizer says', async () => {
    const { text } = textOf(await sessionOf('text_encoder_2', ['openclip-g']), 'a red circle on blue', '');
    expect(text[0]?.prompt.ids.at(-1)).toBe(END);
  });

  test('that are too long are cut, aloud', async () => {
    const { text, notes } = textOf(await sessionOf('', ['clip-l']), 'red '.repeat(80), '');
    expect(text[0]?.prompt.ids).toHaveLength(77);
    expect(notes).toEqual(['The prompt is 5 tokens too long for clip-l, which are cut off.']);
  });

  test('cannot be asked of a net whose text nothing in the model makes', async () => {
    const session = await sessionOf('', []);
    expect(textOf(session, undefined, '').notes.join()).toContain('No text encoder in the model is as wide');
    expect(() => textOf(session, 'a cat', '')).toThrow('so no prompt can be asked');
  });
});
