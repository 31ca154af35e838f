/** The bundled model through both converters' layouts: the same net, and values within what quantising costs. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../../../src/bytes/memory.ts';
import { identifyComponents } from '../../../src/components/index.ts';
import type { Checkpoint } from '../../../src/formats/checkpoint.ts';
import { decodeFloats } from '../../../src/formats/decode.ts';
import type { Dtype } from '../../../src/formats/dtype.ts';
import { openCheckpoint } from '../../../src/formats/index.ts';
import { validateCheckpoint } from '../../../src/rules/validate.ts';
import type { Net } from '../../../src/topology/net.ts';
import { checkpoint, type TensorSpec } from '../../build/checkpoint.ts';
import { golden } from '../../build/parts.ts';
import { asComfyUi, asStableDiffusionCpp, type SourceTensor, type Target } from '../../build/gguf-models.ts';

const FILE = new Uint8Array(readFileSync('fixtures/shapes/sd1-eps.safetensors'));
const TARGETS: readonly Target[] = ['F16', 'Q8_0', 'Q4_K'];

const open = (name: string, bytes: Uint8Array) => openCheckpoint(memorySource(name, bytes));
const original = await open('sd1-eps.safetensors', FILE);

function sourcesOf({ parts }: Checkpoint): readonly SourceTensor[] {
  return parts.flatMap(({ tensors }) =>
    tensors.map((tensor) => ({
      tensor,
      bytes: FILE.subarray(tensor.offset, tensor.offset + tensor.byteLength),
    })),
  );
}

const sources = sourcesOf(original);

function unetOf(checkpoint: Checkpoint): Net {
  const net = identifyComponents(checkpoint).find(({ kind }) => kind === 'unet')?.net;
  if (net === undefined) throw new Error('no net');
  return net;
}

/** What the net is, without where its tensors lie and how they are stored; ComfyUI's converter drops the prefix. */
function picture(net: Net): unknown {
  const stored = new Set(['dtype', 'file', 'offset', 'byteLength', 'name']);
  const text = JSON.stringify(net, (key, value: unknown) => (stored.has(key) ? undefined : value));
  return JSON.parse(text.replaceAll('model.diffusion_model.', ''));
}

const CONVERTERS = {
  'stable-diffusion.cpp': (target: Target) => asStableDiffusionCpp(sources, target),
  'ComfyUI-GGUF': (target: Target) => asComfyUi(sources, target),
  'ComfyUI-GGUF without notes of shapes': (target: Target) => asComfyUi(sources, target, false),
};

describe.each(Object.entries(CONVERTERS))('a model as %s writes it', (_, convert) => {
  describe.each(TARGETS)('in %s', (target) => {
    const bytes = convert(target);

    test('is the same net', async () => {
      const net = unetOf(await open('model.gguf', bytes));
      expect(net.skips.every(({ holds }) => holds)).toBe(true);
      expect(picture(net)).toEqual(picture(unetOf(original)));
    });

    test('has nothing worth a warning', async () => {
      const { findings } = await validateCheckpoint(await open('model.gguf', bytes));
      const found = new Set(findings.filter(({ severity }) => severity !== 'note').map(({ rule }) => rule));
      expect([...found]).toEqual([]);
    });

    test('has the same values, as near as its type allows', async () => {
      const { parts } = await open('model.gguf', bytes);
      const known = new Map(sources.map(({ tensor, bytes }) => [tensor.name, { tensor, bytes }]));
      const kinds = new Set<string>();
      for (const { name, dtype, offset, byteLength } of parts[0]?.tensors ?? []) {
        const source = known.get(name) ?? known.get(`model.diffusion_model.${name}`);
        if (source === undefined) throw new Error(`no ${name}`);
        kinds.add(dtype);
        const right = decodeFloats(source.bytes, source.tensor.dtype);
        const found = decodeFloats(bytes.subarray(offset, offset + byteLength), dtype);
        expect(found.length).toBe(right.length);
        expect(worst(found, right, dtype)).toBeLessThanOrEqual(1);
      }
      expect(kinds).toContain(target);
    });
  });
});

/** The largest error as a part of what the type allows: half a step of its block, and the rounding of the scale. */
function worst(found: Float32Array, right: Float32Array, dtype: string): number {
  const length = dtype === 'Q8_0' ? 32 : dtype === 'Q4_K' ? 256 : 1;
  let most = 0;
  for (let from = 0; from < right.length; from += length) {
    const block = right.subarray(from, from + length);
    const least = block.reduce((a, b) => Math.min(a, b), 0);
    const range = block.reduce((a, b) => Math.max(a, b), 0) - least;
    const largest = block.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    // Q8_0: half of 1/127; Q4_K: half of 1/15, and the six bits of steps and least numbers
    const allowed =
      dtype === 'Q8_0'
        ? largest * (0.5 / 127 + 2 ** -10)
        : dtype === 'Q4_K'
          ? range * (0.5 / 15 + 1 / 63)
          : 0;
    block.forEach((value, index) => {
      const error = Math.abs((found[from + index] as number) - value);
      if (error > 0) most = Math.max(most, error / allowed);
    });
  }
  return most;
}

describe('stable-diffusion.cpp stores linear projections as convolutions of one pixel', () => {
  const stored = (id: string): TensorSpec[] =>
    golden(id).map(([name, shape, dtype = 'F16']) => {
      const projection = /\.proj_(?:in|out)\.weight$/.test(name) && shape.length === 2;
      return [name, projection ? [...shape, 1, 1] : shape, dtype];
    });
  const asGguf = (made: Checkpoint): Checkpoint => ({
    ...made,
    container: 'gguf',
    files: made.files.map((file) => ({ ...file, format: 'gguf' })),
  });
  const familyIn = (made: Checkpoint) => identifyComponents(made)[0]?.id;

  test.each([
    ['sd2-ldm', 'sd2'],
    ['sdxl-ldm', 'sdxl'],
    ['sdxl-refiner-ldm', 'sdxl-refiner'],
  ])('%s is %s there', (listing, family) => {
    const made = checkpoint({ parts: [{ tensors: stored(listing) }] });
    expect(familyIn(asGguf(made))).toBe(family);
    // elsewhere no program loads such a file as that family
    expect(familyIn(made)).toBe('custom');
    const labelled = checkpoint({
      parts: [{ tensors: stored(listing) }],
      metadata: { 'general.architecture': 'sdxl' },
    });
    expect(familyIn(asGguf(labelled))).toBe('custom');
  });

  test('what fits no family stays custom', () => {
    const made = checkpoint({ parts: [{ tensors: golden('custom-sd1-ldm') }] });
    expect(familyIn(asGguf(made))).toBe('custom');
  });
});

test('a quantiser mixes types by design: no tensor among them is odd', async () => {
  const mixed = (many: Dtype, few: Dtype) =>
    checkpoint({
      parts: [{ tensors: golden('sd1-ldm').map(([name, shape], i) => [name, shape, i < 3 ? few : many]) }],
    });
  const odd = async (made: Checkpoint) =>
    (await validateCheckpoint(made)).findings.filter(({ rule }) => rule === 'COMP020').length;
  expect(await odd(mixed('F16', 'F32'))).toBe(1);
  expect(await odd(mixed('Q4_K', 'Q6_K'))).toBe(0);
});
