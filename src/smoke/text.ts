/** From prompts to what the net reads of them. */
import type { Component } from '../components/component.ts';
import { compileTextEncoder } from './compile/index.ts';
import type { TextFeatures } from './conditions.ts';
import type { Engine, Values } from './engine.ts';
import { CLIP_VOCABULARY } from './prompt/builtin.ts';
import { type EncodedPrompt, type FoundTokenizer, PromptError, promptsFor } from './prompt/index.ts';
import type { Reader } from './readers.ts';
import type { Session } from './session.ts';

/** What one text encoder is given. */
export interface AskedText {
  readonly reader: Reader;
  readonly prompt: EncodedPrompt;
  readonly negative: EncodedPrompt;
}

/** The prompts as each encoder's tokens, and what is to be said about them. */
export interface AskedTexts {
  readonly text: readonly AskedText[];
  readonly notes: readonly string[];
}

/**
 * Encodes the prompts for each encoder.
 * @param asked the prompt; where absent a built-in one for CLIP's vocabulary, and the empty one for any other
 * @throws {PromptError} when a prompt cannot be asked of an encoder.
 */
export function textOf(session: Session, asked: string | undefined, negative: string): AskedTexts {
  const notes: string[] = [];
  const text = session.readers.map((reader): AskedText => {
    const { encoder } = reader;
    const vocabSize = encoder.model?.kind === 'clip-text' ? (encoder.model.vocabulary ?? 0) : 0;
    const positions = encoder.model?.kind === 'clip-text' ? encoder.model.positions : undefined;
    const found = tokenizerFor(session, encoder);
    const prompts = promptsFor({ found, vocabSize, encoderId: encoder.id, positions });
    const usual = vocabSize === CLIP_VOCABULARY ? (prompts.builtin[0]?.text ?? '') : '';
    const prompt = prompts.encode(asked ?? usual);
    if (prompts.reason !== '') notes.push(`${sentence(prompts.reason)}.`);
    if (prompt.truncated > 0) {
      notes.push(
        `The prompt is ${prompt.truncated} tokens too long for ${encoder.title}, which are cut off.`,
      );
    }
    return { reader, prompt, negative: prompts.encode(negative) };
  });
  if (text.length === 0 && session.graph.inputs.some(({ name }) => name === 'encoder_hidden_states')) {
    if (asked !== undefined) throw new PromptError(`${NO_ENCODER}, so no prompt can be asked`);
    notes.push(`${sentence(NO_ENCODER)}.`);
  }
  return { text, notes: [...new Set(notes)] };
}

/**
 * The encoder's tokenizer. One that was named for a single file is none of its own: the vocabulary is shared, what texts
 * are filled up with is not, and goes by the encoder.
 */
function tokenizerFor({ options }: Session, { part }: Component): FoundTokenizer | undefined {
  const found = options.tokenizers?.get(part);
  if (found?.tokenizer === undefined || part !== '') return found;
  const { pad: _, ...tokenizer } = found.tokenizer;
  return { tokenizer };
}

const NO_ENCODER = 'no text encoder in the model is as wide as the text that the net reads';

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * What the net reads of several prompts; each encoder is loaded once for all of them.
 * @param prompts each as the tokens of every one of the session's readers
 * @throws {EngineError} when an encoder cannot be run, {UnsupportedNetError} when one is not computed here.
 */
export async function featuresOf(
  session: Session,
  prompts: readonly (readonly EncodedPrompt[])[],
): Promise<readonly TextFeatures[]> {
  const features: TextFeatures[][] = prompts.map(() => []);
  for (const [index, reader] of session.readers.entries()) {
    const { skip, finalNorm } = reader.reading.value;
    const prepared = session.prepare(reader.encoder, (options) =>
      compileTextEncoder(reader.encoder, { ...options, skip, finalNorm }),
    );
    await session.borrow(prepared, 'text encoder', async (engine) => {
      for (const [place, each] of prompts.entries()) {
        const prompt = each[index];
        if (prompt !== undefined) features[place]?.push(await readPrompt(engine, reader, prompt));
      }
    });
  }
  return features.map(sideBySide);
}

async function readPrompt(engine: Engine, { reading }: Reader, prompt: EncodedPrompt): Promise<TextFeatures> {
  const results = await engine.run(
    new Map<string, Values>([
      ['input_ids', { data: BigInt64Array.from(prompt.ids, BigInt), dims: [1, prompt.ids.length] }],
      ['eos_index', { data: BigInt64Array.of(BigInt(prompt.eosIndex)), dims: [1] }],
    ]),
  );
  const [hidden, pooled] = [results.get('hidden_states'), results.get('pooled')];
  return {
    ...(hidden === undefined ? {} : { hidden }),
    ...(pooled === undefined || !reading.value.pooled ? {} : { pooled }),
  };
}

/** Hidden states side by side, [1, tokens, sum of widths], and the one pooled vector that is read. */
function sideBySide(features: readonly TextFeatures[]): TextFeatures {
  const hidden = features.map((each) => each.hidden).filter((each) => each !== undefined);
  const pooled = features.map((each) => each.pooled).find((each) => each !== undefined);
  const [first] = hidden;
  if (first === undefined) return {};
  const tokens = first.dims[1] as number;
  const widths = hidden.map(({ dims }) => dims[2] as number);
  const width = widths.reduce((sum, each) => sum + each, 0);
  const data = new Float32Array(tokens * width);
  let column = 0;
  for (const [index, values] of hidden.entries()) {
    const own = widths[index] as number;
    for (let token = 0; token < tokens; token += 1) {
      const row = (values.data as Float32Array).subarray(token * own, (token + 1) * own);
      data.set(row, token * width + column);
    }
    column += own;
  }
  return { hidden: { data, dims: [1, tokens, width] }, ...(pooled === undefined ? {} : { pooled }) };
}
