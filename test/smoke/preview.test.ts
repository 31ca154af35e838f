import { readFile } from 'node:fs/promises';
import * as fc from '../build/properties.ts';
import { describe, expect, test } from 'vitest';
import { latentSpaceOf, type LatentSpace, previewOf, toRgb } from '../../src/smoke/preview.ts';
import { principalAxes } from '../../src/smoke/principal-axes.ts';
import { families } from '../../src/topology/families/index.ts';
import { tensorIn } from './golden.ts';

/** A latent whose channels hold `of(channel, y, x)`. */
function latent(
  dims: readonly [number, number, number],
  of: (channel: number, y: number, x: number) => number,
) {
  const [channels, height, width] = dims;
  const data = new Float32Array(channels * height * width);
  for (const at of data.keys()) {
    const pixel = at % (height * width);
    data[at] = of(Math.floor(at / (height * width)), Math.floor(pixel / width), pixel % width);
  }
  return data;
}

describe('values to bytes', () => {
  test('as diffusers rounds them', () => {
    // VaeImageProcessor.postprocess of diffusers 0.42.1, each as one pixel
    const given = [-2, -1, -0.5, -0.25, 0, 0.5, 0.999, 1, 7];
    // these lie half-way between two bytes, or a rounding error below
    const ties = [-0.996_078_431_606_292_7, -0.007_843_137_718_737_125, 0.007_843_137_718_737_125];
    const high = [0.988_235_294_818_878_2, 0.996_078_431_606_292_7];
    given.push(...ties, ...high);
    const { rgb } = toRgb(Float32Array.from([...given, ...given, ...given]), [3, 1, given.length]);
    const reds = given.map((_, at) => rgb[at * 3]);
    expect(reds).toEqual([0, 0, 64, 96, 128, 191, 255, 255, 255, 0, 126, 128, 254, 254]);
  });

  test('channels come together by pixel; one channel is grey; a batch of one is the same', () => {
    const data = Float32Array.of(1, -1, -1, 1, 0, 0);
    const picture = { width: 2, height: 1, rgb: Uint8Array.of(255, 0, 128, 0, 255, 128) };
    expect(toRgb(data, [3, 1, 2])).toEqual(picture);
    expect(toRgb(data, [1, 3, 1, 2])).toEqual(picture);
    expect(toRgb(Float32Array.of(0, 1), [1, 1, 2], [0, 1]).rgb).toEqual(
      Uint8Array.of(0, 0, 0, 255, 255, 255),
    );
  });

  test('what is no colour is black or white, never a wrapped byte', () => {
    const { rgb } = toRgb(
      Float32Array.of(Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY),
      [3, 1, 1],
    );
    expect(rgb).toEqual(Uint8Array.of(0, 0, 255));
  });

  test('sizes that do not fit are refused', () => {
    expect(() => toRgb(new Float32Array(5), [3, 1, 2])).toThrow('5 numbers are no picture of [3, 1, 2]');
    expect(() => toRgb(new Float32Array(8), [4, 1, 2])).toThrow('a picture has 3 or 1 channels, not 4');
    expect(() => toRgb(new Float32Array(0), [3, 0, 0])).toThrow('0 numbers are no picture');
    expect(() => toRgb(new Float32Array(12), [2, 3, 1, 2])).toThrow('no picture of [2, 3, 1, 2]');
  });
});

describe('linear previews', () => {
  test('grey at nothing, the weights of each channel, and the words for it', () => {
    const zero = previewOf(new Float32Array(4), [4, 1, 1], 'sd');
    expect(zero.rgb).toEqual(Uint8Array.of(128, 128, 128));
    expect(zero.label).toMatch(/^linear preview of the latent, not decoded/);
    const second = previewOf(Float32Array.of(0, 1, 0, 0), [4, 1, 1], 'sd');
    expect(second.rgb).toEqual(
      Uint8Array.from([0.325, 0.4974, 0.235], (w) => Math.round((w / 2 + 0.5) * 255)),
    );
    const biased = previewOf(new Float32Array(4), [4, 1, 1], 'sdxl');
    expect(biased.rgb).toEqual(Uint8Array.of(141, 125, 127));
  });

  test('a net on pixels shows its picture', () => {
    const data = latent([3, 2, 2], (channel, y, x) => Math.sin(channel + 3 * y + 5 * x));
    const { label, ...picture } = previewOf(data, [3, 2, 2], 'pixels');
    expect(picture).toEqual(toRgb(data, [3, 2, 2]));
    expect(label).toBe('the picture itself: this net works on pixels');
  });

  test('the families whose latents have known weights', () => {
    const spaces = new Map<LatentSpace | undefined, string[]>();
    for (const { id } of families) {
      const space = latentSpaceOf(id);
      spaces.set(space, [...(spaces.get(space) ?? []), id]);
    }
    expect(spaces.get('pixels')).toEqual(
      expect.arrayContaining(['ddpm-cifar10-32', 'guided-diffusion-256', 'deepfloyd-if-i-xl']),
    );
    expect(spaces.get('sd')).toEqual(
      expect.arrayContaining(['sd1', 'sd1-inpainting', 'sd2-v', 'bk-sdm-tiny']),
    );
    expect(spaces.get('sdxl')).toEqual(expect.arrayContaining(['sdxl', 'sdxl-refiner', 'ssd-1b', 'kolors']));
    expect(spaces.get('playground-2.5')).toEqual(['playground-2.5']);
    expect(spaces.get('sd-x4')).toEqual(['sd-x4-upscaler']);
    // other autoencoders (VQ, MoVQ), and video
    expect(spaces.get(undefined)?.sort()).toEqual([
      'kandinsky-2.1',
      'kandinsky-2.2',
      'ldm-bsr-sr',
      'ldm-celeba256',
      'ldm-cin256',
      'ldm-cin256-v2',
      'ldm-inpainting-big',
      'ldm-lsun-churches256',
      'ldm-text2img-1p4b',
      'sv3d-p',
      'sv3d-u',
      'svd',
    ]);
  });
});

describe('principal components', () => {
  test('the directions that a latent was made of, the widest first', () => {
    const data = latent([3, 40, 40], (channel, y, x) => {
      const [wide, narrow] = [Math.sin(x), Math.cos(y * 2.1)];
      return channel === 0 ? 3 * wide : channel === 1 ? 3 * wide + 1 : 0.5 * narrow;
    });
    const { mean, axes, deviations } = principalAxes(data, 3, 1600);
    expect(mean[1]).toBeCloseTo((mean[0] as number) + 1, 5);
    expect(Array.from(axes[0] ?? [])).toEqual([
      expect.closeTo(Math.SQRT1_2, 3),
      expect.closeTo(Math.SQRT1_2, 3),
      expect.closeTo(0, 3),
    ]);
    expect(deviations[0]).toBeCloseTo(3, 0);
    expect(deviations[2]).toBeCloseTo(0, 5);
  });

  test('axes are orthonormal, and their variances those of the channels together', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer(), (channels, seed) => {
        const data = latent([channels, 6, 6], (c, y, x) =>
          Math.sin(seed + c * c * 12.9 + y * 78.2 + x * 37.7 * (c + 1)),
        );
        const { axes, deviations, mean } = principalAxes(data, channels, 36);
        let off = 0;
        for (const [i, a] of axes.entries()) {
          for (const [j, b] of axes.entries()) {
            const dot = a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);
            off = Math.max(off, Math.abs(dot - (i === j ? 1 : 0)));
          }
        }
        expect(off).toBeLessThan(1e-9);
        const total = data.reduce(
          (sum, value, at) => sum + (value - (mean[Math.floor(at / 36)] as number)) ** 2,
          0,
        );
        expect(deviations.reduce((sum, d) => sum + d * d, 0)).toBeCloseTo(total / 36, 6);
      }),
    );
  });

  test('an unknown latent is drawn by them, and the label says so', () => {
    const data = latent([4, 8, 8], (channel, _, x) => (channel < 2 ? x : 0));
    const { rgb, label } = previewOf(data, [4, 8, 8]);
    expect(label).toBe(
      'principal components of this latent, not decoded: shapes can be told, colours mean nothing',
    );
    const row = Array.from({ length: 8 }, (_, x) => rgb[x * 3] as number);
    // one component only: greys, from dark to bright
    expect(row).toEqual([...row].sort((a, b) => a - b));
    expect(row[7]).toBeGreaterThan((row[0] as number) + 150);
    expect(Array.from(rgb.subarray(0, 3))).toEqual([row[0], row[0], row[0]]);
    // and so is one whose channels the space does not have
    expect(previewOf(data, [4, 8, 8], 'pixels').label).toBe(label);
  });

  test('a constant latent is grey, and numbers that are none do not spoil the rest', () => {
    expect(previewOf(new Float32Array(16).fill(5), [4, 2, 2]).rgb).toEqual(new Uint8Array(12).fill(128));
    const data = latent([4, 8, 8], (channel, _, x) => (channel < 2 ? x : 0));
    const clean = previewOf(data, [4, 8, 8]).rgb;
    data[0] = Number.NaN;
    const spoiled = previewOf(data, [4, 8, 8]).rgb;
    expect(Array.from(spoiled.subarray(0, 3))).toEqual([0, 0, 0]);
    const differences = clean.subarray(3).map((byte, at) => Math.abs(byte - (spoiled[at + 3] as number)));
    expect(Math.max(...differences)).toBeLessThan(8);
    expect(previewOf(new Float32Array(4).fill(Number.NaN), [4, 1, 1]).rgb).toEqual(new Uint8Array(3));
  });

  test('one channel, two, and very many', () => {
    for (const channels of [1, 2, 16, 200]) {
      const data = latent([channels, 4, 4], (c, y, x) => Math.sin(c * 1.7 + y * 2.3 + x));
      expect(new Set(previewOf(data, [channels, 4, 4]).rgb).size).toBeGreaterThan(3);
    }
  });
});

test('the golden denoise of the shapes fixtures', async () => {
  const file = await readFile('fixtures/shapes/golden/denoise-v.safetensors');
  const { data, dims } = tensorIn(file, 'picture');
  const picture = toRgb(data as Float32Array, dims);
  expect([picture.width, picture.height]).toEqual([32, 32]);
  const final = tensorIn(file, 'final');
  const preview = previewOf(final.data as Float32Array, final.dims);
  expect([preview.width, preview.height]).toEqual([16, 16]);
  // a red circle on blue: the preview's brightness tells the circle from its ground
  const at = (x: number, y: number) => preview.rgb.slice((y * 16 + x) * 3, (y * 16 + x) * 3 + 3);
  const apart = at(8, 8).reduce((sum, byte, index) => sum + Math.abs(byte - (at(0, 0)[index] as number)), 0);
  expect(apart).toBeGreaterThan(100);
});
