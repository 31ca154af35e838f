/** One U-Net in every container, each written by the library that people use for it: the same net, and the same outputs. */
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTree } from '../../src/bytes/file.ts';
import { openSession } from '../../src/cli/open-session.ts';
import { identifyComponents } from '../../src/components/index.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import { blocksOf, type Net } from '../../src/topology/net.ts';
import { inputsIn, relativeError, tensorIn } from './golden.ts';

const FIXTURES = 'fixtures/containers';
const GOLDEN = `${FIXTURES}/golden.safetensors`;
/** Where `fixtures/containers/make/make.py --shapes` was told to put the shapes checkpoint. */
const SHAPES = `${FIXTURES}/make/out`;

/** Each file, what diffusers gives with its numbers, and a dtype that must be in it. */
const FILES: readonly (readonly [file: string, golden: string, dtype: string])[] = [
  ['net.safetensors', 'out', 'F16'],
  ['net.ckpt', 'out', 'F16'],
  ['net.onnx', 'out', 'F32'],
  ['net-f16.gguf', 'out-f16', 'F16'],
  ['net-q8_0.gguf', 'out-q8_0', 'Q8_0'],
  ['net-q4_k.gguf', 'out-q4_k', 'Q4_K'],
];

/** Two computations in float32 that differ in the order of sums. */
const BOUND = 1e-4;

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ungarble-containers-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function netOf(
  folder: string,
  file: string,
): Promise<{ readonly net: Net; readonly dtypes: ReadonlySet<string> }> {
  const tree = await openTree(folder);
  const source = await tree.open(file);
  const checkpoint = await openCheckpoint(source, { beside: async () => tree });
  await source.close();
  // diffusers' names are longer than ggml allows, which is said
  const faults = checkpoint.faults.filter(({ kind }) => kind !== 'gguf-long-names');
  expect([faults, checkpoint.unchecked]).toEqual([[], []]);
  const nets = identifyComponents(checkpoint).filter(({ kind }) => kind === 'unet');
  const [component, ...others] = nets;
  if (component?.net === undefined || others.length > 0) throw new Error('not one U-Net');
  expect(component.problems).toEqual([]);
  const tensors = blocksOf(component.net).flatMap((block) => block.tensors);
  return { net: component.net, dtypes: new Set(tensors.map(({ tensor }) => tensor.dtype)) };
}

/** The whole of a net but where its tensors lie, what they are called there, and how their numbers are stored. */
function pictureOf(net: Net): unknown {
  const text = JSON.stringify(net, (key, value: unknown) =>
    key === 'tensor' ? (value as { shape: unknown }).shape : key === 'tensors' ? sortedBy(value) : value,
  );
  return JSON.parse(text.replaceAll('model.diffusion_model.', ''));
}

function sortedBy(tensors: unknown): unknown {
  const list = tensors as readonly { readonly canonical: string }[];
  return [...list].sort((a, b) => (a.canonical < b.canonical ? -1 : 1));
}

describe('one U-Net', () => {
  test.each(FILES)('%s is the same net', async (file, _, dtype) => {
    const [found, right] = [await netOf(FIXTURES, file), await netOf(FIXTURES, 'net.safetensors')];
    expect(found.dtypes).toContain(dtype);
    expect(pictureOf(found.net)).toEqual(pictureOf(right.net));
  });

  test.each(FILES)('%s gives what diffusers gives with its numbers', async (file, golden) => {
    const values = await readFile(GOLDEN);
    const folder = join(root, file, 'unet');
    await mkdir(folder, { recursive: true });
    await copyFile(join(FIXTURES, file), join(folder, file));
    await copyFile(join(FIXTURES, 'config.json'), join(folder, 'config.json'));
    const { session, close } = await openSession(folder, { availableMemory: async () => 1e12 });
    try {
      const engine = await session.unet();
      const [output] = (await engine.run(inputsIn(values, session.graph))).values();
      expect(relativeError(output, tensorIn(values, golden))).toBeLessThan(BOUND);
    } finally {
      await close();
    }
  });

  test('packing costs what it costs: the goldens themselves are apart', async () => {
    const values = await readFile(GOLDEN);
    const off = FILES.slice(3).map(([, golden]) =>
      relativeError(tensorIn(values, golden), tensorIn(values, 'out')),
    );
    expect(off[0]).toBe(0);
    expect(off[1]).toBeGreaterThan(BOUND);
    expect(off[2]).toBeGreaterThan(5 * (off[1] as number));
  });
});

describe.skipIf(!existsSync(SHAPES))(
  'the shapes checkpoint (skipped where its containers were not made)',
  () => {
    test.each(['shapes.ckpt', 'shapes-f16.gguf', 'shapes-q8_0.gguf', 'shapes-q4_k.gguf'])(
      '%s is the same net',
      async (file) => {
        const [found, right] = [
          await netOf(SHAPES, file),
          await netOf('fixtures/shapes', 'sd1-eps.safetensors'),
        ];
        expect(pictureOf(found.net)).toEqual(pictureOf(right.net));
      },
    );
  },
);
