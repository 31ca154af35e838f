import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFile, openTree } from '../../src/bytes/file.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { compileTextEncoder } from '../../src/smoke/compile/index.ts';
import { relativeError, tensorIn } from './golden.ts';
import { BOUND, GoldenPart, type OpenedPart, openedPart, runOnce, type Writing } from './parts.ts';

let temporary: string;
beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'ungarble-clip-'));
});
afterAll(() => rm(temporary, { recursive: true, force: true }));

interface Errors {
  readonly hidden: number;
  readonly pooled: number;
}

async function errors(
  golden: GoldenPart,
  { component, options, folder }: OpenedPart,
  skip = 0,
  finalNorm = true,
): Promise<Errors> {
  const graph = compileTextEncoder(component, { ...options, skip, finalNorm });
  const found = await runOnce(graph, folder, golden.tokens());
  const right = await golden.values(`hidden_states, skip ${skip}${finalNorm ? ', final norm' : ''}`);
  return {
    hidden: relativeError(found.get('hidden_states'), right),
    pooled: relativeError(found.get('pooled'), await golden.values('pooled')),
  };
}

async function agrees(golden: GoldenPart, opened: OpenedPart, skip = 0, finalNorm = true): Promise<void> {
  const { hidden, pooled } = await errors(golden, opened, skip, finalNorm);
  expect(hidden).toBeLessThan(BOUND);
  expect(pooled).toBeLessThan(BOUND);
}

const renamed = (rename: (name: string) => string): NonNullable<Writing['change']> => {
  return (written) => ({ ...written, name: rename(written.name) });
};
/** What a single file of LDM puts before the names. */
const PREFIXED = renamed((name) => `cond_stage_model.transformer.text_model.${name}`);

const clip = new GoldenPart('clip-text');
const projected = new GoldenPart('clip-text-projection');
const openclip = new GoldenPart('openclip-text');

describe('a compiled text encoder agrees with its library', () => {
  describe.each([
    ['transformers, quick_gelu', clip],
    ['transformers, with a projection, gelu, heads by its config', projected],
    ['open_clip, with a projection, q, k and v in one', openclip],
  ] as const)('%s', (_, golden) => {
    test.each([
      [0, true],
      [0, false],
      [1, true],
      [1, false],
    ] as const)('skip %i, final norm %s', async (skip, finalNorm) => {
      await agrees(golden, await golden.open(temporary), skip, finalNorm);
    });
  });

  test.each([
    ['F16', clip],
    ['BF16', openclip],
  ] as const)('from %s', async (dtype, golden) => {
    await agrees(golden, await golden.open(temporary, { dtype }));
  });

  test('in single files, by convention alone', async () => {
    await agrees(clip, await clip.open(temporary, { config: null, change: PREFIXED }));
    const change = renamed((name) => `conditioner.embedders.0.model.${name}`);
    await agrees(openclip, await openclip.open(temporary, { config: null, change }));
  });

  test('where a whole CLIP has its config inside', async () => {
    const config = { projection_dim: 40, text_config: projected.recorded.config };
    await agrees(projected, await projected.open(temporary, { config }));
  });

  test('not with another activation, nor with other heads', async () => {
    const other = { ...clip.recorded.config, hidden_act: 'gelu' };
    expect((await errors(clip, await clip.open(temporary, { config: other }))).hidden).toBeGreaterThan(1e-3);
    const heads = { ...clip.recorded.config, num_attention_heads: 8 };
    expect((await errors(clip, await clip.open(temporary, { config: heads }))).hidden).toBeGreaterThan(1e-3);
  });
});

describe('a really trained text encoder agrees with transformers', () => {
  const SHAPES = 'fixtures/shapes';
  /** The first end token of "a red circle on blue" and of "a white triangle on green". */
  const END = 554n;

  async function shapesErrors({ component, options, folder }: OpenedPart): Promise<Errors> {
    const file = await readFile(join(SHAPES, 'golden/text.safetensors'));
    const ids = tensorIn(file, 'input_ids');
    const [texts = 0, tokens = 0] = ids.dims;
    const ends = BigInt64Array.from({ length: texts }, (_, text) =>
      BigInt((ids.data as BigInt64Array).indexOf(END, text * tokens) - text * tokens),
    );
    const inputs = new Map([
      ['input_ids', ids],
      ['eos_index', { data: ends, dims: [texts] }],
    ]);
    const graph = compileTextEncoder(component, { ...options, skip: 0, finalNorm: true });
    const found = await runOnce(graph, folder, inputs);
    return {
      hidden: relativeError(found.get('hidden_states'), tensorIn(file, 'last_hidden_state')),
      pooled: relativeError(found.get('pooled'), tensorIn(file, 'pooler_output')),
    };
  }

  test('in a diffusers folder', async () => {
    const folder = join(SHAPES, 'sd1-v');
    const opened = openedPart(await openCheckpoint(await openTree(folder)), folder, 'text_encoder');
    const { hidden, pooled } = await shapesErrors(opened);
    expect(hidden).toBeLessThan(BOUND);
    expect(pooled).toBeLessThan(BOUND);
  });

  // its heads are 16 wide; everybody assumes 64, and nothing in a single file says otherwise
  test('in a single file only with the heads that its config has', async () => {
    const source = await openFile(join(SHAPES, 'sd1-eps.safetensors'), 'sd1-eps.safetensors');
    const checkpoint = await openCheckpoint(source).finally(() => source.close());
    const alone = openedPart(checkpoint, SHAPES, 'text_encoder');
    expect((await shapesErrors(alone)).hidden).toBeGreaterThan(1e-3);
    const config = new Map([['num_attention_heads', 4]]);
    const told = { ...alone, options: { ...alone.options, config } };
    expect((await shapesErrors(told)).hidden).toBeLessThan(BOUND);
  });
});

describe('the graph', () => {
  test('names what enters and leaves', async () => {
    const { component, options } = await projected.open(temporary);
    const graph = compileTextEncoder(component, { ...options, skip: 1, finalNorm: false });
    const shown = [...graph.inputs, ...graph.outputs];
    expect(shown.map(({ name, type, dims }) => `${name} ${type} [${dims.join(', ')}]`)).toEqual([
      'input_ids INT64 [batch, tokens]',
      'eos_index INT64 [batch]',
      'hidden_states FLOAT [batch, tokens, 96]',
      'pooled FLOAT [batch, 40]',
    ]);
  });

  test('reads as many tokens as there are positions, and no more', async () => {
    const { component, options, folder } = await clip.open(temporary);
    const graph = compileTextEncoder(component, { ...options, skip: 0, finalNorm: true });
    const feed = (tokens: number) =>
      new Map([
        ['input_ids', { data: new BigInt64Array(tokens), dims: [1, tokens] }],
        ['eos_index', { data: new BigInt64Array(1), dims: [1] }],
      ]);
    expect((await runOnce(graph, folder, feed(16))).get('hidden_states')?.dims).toEqual([1, 16, 128]);
    await expect(runOnce(graph, folder, feed(17))).rejects.toThrow('the net could not be run: ');
  });

  test('does not read position ids, whatever their shape', async () => {
    const more = [{ name: 'embeddings.position_ids', shape: [15], values: new Float32Array(15) }];
    const opened = await clip.open(temporary, { more });
    expect(opened.component.problems.map(({ kind }) => kind)).toEqual(['shape-mismatch']);
    await agrees(clip, opened);
  });
});

describe('a text encoder that cannot be run is refused', () => {
  const config = clip.recorded.config;

  test.each<readonly [string, Writing, number, string]>([
    [
      'another activation',
      { config: { ...config, hidden_act: 'relu' } },
      0,
      'hidden_act "relu", which is not',
    ],
    [
      'another eps',
      { config: { ...config, layer_norm_eps: 1e-6 } },
      0,
      'layer_norm_eps 0.000001, which is not',
    ],
    [
      'heads that do not divide its width',
      { config: { ...config, num_attention_heads: 3 } },
      0,
      'nothing says how many heads a text encoder 128 wide has',
    ],
    ['more layers left out than there are', {}, 3, 'of 3 layers 3 cannot be left out'],
    [
      'a tensor that nobody knows',
      {
        change: renamed((name) =>
          name === 'encoder.layers.1.mlp.fc1.bias' ? 'encoder.layers.1.mlp.gate.bias' : name,
        ),
      },
      0,
      'encoder.layers.1.mlp.gate.bias has no place in the grammar',
    ],
  ])('%s', async (_, writing, skip, message) => {
    const { component, options } = await clip.open(temporary, writing);
    expect(() => compileTextEncoder(component, { ...options, skip, finalNorm: true })).toThrow(message);
  });
});
