import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { blocksOf, type Net } from '../../src/topology/net.ts';
import { reconstruct } from '../../src/topology/reconstruct.ts';
import { type ListingEntry, listingIndex, readListing, SHARED_LISTINGS } from '../build/listing.ts';

/** Families whose shapes another family has too, and what the shapes alone say. */
const BY_SHAPES_ALONE = new Map([
  ['playground-2.5', 'sdxl'],
  ['zero123', 'sd1-instruct-pix2pix'],
]);

/** Listings under other ids than the family they belong to. */
const FAMILY_OF = new Map([
  ['unet2d-ddpm-cifar10', 'ddpm-cifar10-32'],
  ['unet2d-ddpm-celebahq-256', 'ddpm-celebahq-256'],
  ['ldm-celebahq-256', 'ldm-celeba256'],
  ['unet2d-small-conditional', 'custom'],
  ['custom-sd1', 'custom'],
  ['custom-sdxl', 'custom'],
]);

/** U-Nets of another grammar, which are named and not rebuilt; see test/components. */
const OTHER_GRAMMAR = /^(stable-cascade|unet1d|unet3d|unet-motion|kandinsky-3|uvit2d|i2vgen)/;

const entries = listingIndex().filter(({ kind, id }) => kind === 'unet' && !OTHER_GRAMMAR.test(id));

function tensorsOf(net: Net): string[] {
  return blocksOf(net).flatMap((block) => block.tensors.map(({ tensor }) => tensor.name));
}

describe('golden listings of the reference libraries', () => {
  test('there are many', () => expect(entries.length).toBeGreaterThan(80));

  test.each(entries.map((entry) => [entry.id, entry] as const))('%s is rebuilt whole', (_, entry) => {
    const tensors = uNetOf(entry);
    const { net, problems } = reconstruct(tensors, '');
    const expected =
      FAMILY_OF.get(entry.family ?? '') ?? BY_SHAPES_ALONE.get(entry.family ?? '') ?? entry.family;
    const raw = entry.id.endsWith('-gapped-raw');
    expect(problems.map(({ kind }) => kind)).toEqual(raw ? ['foreign-name'] : []);
    expect(net?.family.id).toBe(expected);
    expect(net?.parameters).toBe(entry.parameters - companions(entry));
    expect(net?.skips.every(({ holds }) => holds)).toBe(true);
    // each tensor owned exactly once
    expect(tensorsOf(net as Net).sort()).toEqual(tensors.map(({ name }) => name).sort());
  });

  test('both layouts of a family give the same net', () => {
    const both = entries.filter(({ id }) =>
      entries.some((other) => other.id === id.replace(/-ldm$/, '-diffusers') && other.id !== id),
    );
    expect(both.length).toBeGreaterThan(20);
    for (const entry of both) {
      const other = entries.find(({ id }) => id === entry.id.replace(/-ldm$/, '-diffusers'));
      const [a, b] = [outlineOf(entry), outlineOf(other as ListingEntry)];
      // an attention with q, k and v in one tensor owns fewer tensors, not other widths
      expect(a.skips).toEqual(b.skips);
      expect(a.blocks).toEqual(b.blocks);
    }
  });
});

/** Tensors of the listing that belong to the U-Net itself: zero123 brings a projection beside it. */
function uNetOf(entry: ListingEntry): ReturnType<typeof readListing> {
  return readListing(`fixtures/listings/${entry.file}`).filter(
    ({ name }) => !name.startsWith('cc_projection.'),
  );
}

function companions(entry: ListingEntry): number {
  return entry.id === 'zero123-ldm' ? 768 * 772 + 768 : 0;
}

function outlineOf(entry: ListingEntry): { skips: unknown; blocks: unknown } {
  const net = reconstruct(uNetOf(entry), '').net as Net;
  const blocks = blocksOf(net)
    .filter(({ kind }) => kind !== 'embedding')
    .map(({ id, kind, inChannels, outChannels, divisor, outDivisor, attention, parameters }) => {
      return { id, kind, inChannels, outChannels, divisor, outDivisor, depth: attention?.depth, parameters };
    });
  return { skips: net.skips, blocks };
}

const SHARED = [
  ['UNET-v1-SD.txt', 'sd1', 859_520_964],
  ['UNET-v1-Inpainting.txt', 'sd1-inpainting', 859_535_364],
  ['UNET-v2-SD.txt', 'sd2', 865_910_724],
  ['UNET-v2-Inpainting.txt', 'sd2-inpainting', 865_925_124],
  ['UNET-XL-SD.txt', 'sdxl', 2_567_463_684],
] as const;

describe('listings of files that people use', () => {
  test.skipIf(!existsSync(SHARED_LISTINGS)).each(SHARED)('%s is %s', (file, family, parameters) => {
    const { net, problems } = reconstruct(readListing(`${SHARED_LISTINGS}/${file}`), '');
    expect(problems).toEqual([]);
    expect(net?.family.id).toBe(family);
    expect(net?.parameters).toBe(parameters);
  });
});
