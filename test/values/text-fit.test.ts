import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { readTextFits, type TextFit, type TextStates } from '../../src/values/index.ts';
import { tensorIn } from '../smoke/golden.ts';
import { permutation, random } from './damage.ts';
import { loadNet, type MemoryNet, SHAPES, withValues } from './memory-net.ts';

const WIDTH = 64;

/** What the shapes' text encoder wrote for two captions. */
let captions: readonly Float32Array[];
const nets = new Map<string, MemoryNet>();
beforeAll(async () => {
  const { data } = tensorIn(readFileSync('fixtures/shapes/golden/text.safetensors'), 'last_hidden_state');
  const each = data.length / 2;
  captions = [data.slice(0, each), data.slice(each)] as Float32Array[];
  for (const name of ['sd1-v', 'sd1-eps'] as const) nets.set(name, await loadNet(SHAPES[name]));
}, 60_000);

async function fitOf(
  { net, read }: MemoryNet,
  states: Partial<TextStates> = {},
): Promise<TextFit | undefined> {
  return (await readTextFits(net, read, [{ texts: captions, width: WIDTH, first: 0, ...states }]))[0];
}

/** The same texts as an encoder has them whose channels stand in another order. */
function reordered(texts: readonly Float32Array[], seed: number): readonly Float32Array[] {
  const order = permutation(WIDTH, random(seed));
  return texts.map((text) =>
    text.map((_, at) => text[at - (at % WIDTH) + (order[at % WIDTH] as number)] as number),
  );
}

describe.each(['sd1-v', 'sd1-eps'])('%s', (name) => {
  const net = (): MemoryNet => nets.get(name) as MemoryNet;

  test('fits the text encoder that it was trained with', async () => {
    const fit = await fitOf(net());
    expect(fit?.readers).toBeGreaterThan(10);
    expect(fit?.texts).toBeGreaterThan(10);
  });

  test('fits it by one text alone', async () => {
    const fit = await fitOf(net(), { texts: captions.slice(0, 1) });
    expect(fit?.texts).toBeGreaterThan(10);
  });

  test('fits encoders with other channels by chance', async () => {
    const { net: own, read } = net();
    const others = Array.from({ length: 24 }, (_, seed) => reordered(captions, seed));
    const fits = await readTextFits(
      own,
      read,
      others.map((texts) => ({ texts, width: WIDTH, first: 0 })),
    );
    for (const fit of fits) expect(Math.abs(fit?.texts ?? Number.NaN)).toBeLessThan(4);
    // the layers that read do not change with what they are given
    expect(new Set(fits.map((fit) => fit?.readers)).size).toBe(1);
  });

  test('layers that were never trained fit nothing', async () => {
    const draw = random(7);
    const values = new Map(
      [...net().values].map(([key, floats]) => [
        key,
        /attn2\.to_[kv]/.test(key) ? floats.map(() => draw() - 0.5) : floats,
      ]),
    );
    const fit = await fitOf(withValues(net().net, values));
    expect(Math.abs(fit?.readers ?? Number.NaN)).toBeLessThan(4);
    expect(Math.abs(fit?.texts ?? Number.NaN)).toBeLessThan(4);
  });
});

test('two encoders side by side are each held against the columns that they are read by', async () => {
  const { net, values } = nets.get('sd1-v') as MemoryNet;
  const half = WIDTH / 2;
  const columns = (first: number) =>
    captions.map((text) => text.filter((_, at) => at % WIDTH >= first && at % WIDTH < first + half));
  const read = withValues(net, values);
  const states = (first: number, from: number) => ({ texts: columns(from), width: half, first });
  const right = await readTextFits(read.net, read.read, [states(0, 0), states(half, half)]);
  for (const fit of right) expect(fit?.texts).toBeGreaterThan(8);
  const wrong = await readTextFits(read.net, read.read, [states(0, half), states(half, 0)]);
  for (const fit of wrong) expect(Math.abs(fit?.texts ?? Number.NaN)).toBeLessThan(4);
});

test('texts that all say the same everywhere, and nets that read none, tell nothing', async () => {
  const flat = captions.map((text) => text.map(() => 0));
  expect(await fitOf(nets.get('sd1-v') as MemoryNet, { texts: flat })).toBeUndefined();
  const plain = await loadNet('fixtures/garble/plain-eps/unet/diffusion_pytorch_model.safetensors');
  expect(await fitOf(plain)).toBeUndefined();
});
