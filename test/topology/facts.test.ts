import { describe, expect, test } from 'vitest';
import { families } from '../../src/topology/families/index.ts';
import { blocksOf, type Net } from '../../src/topology/net.ts';
import { reconstruct } from '../../src/topology/reconstruct.ts';
import { deepestDivisor, sizesAt } from '../../src/topology/resolution.ts';
import { readListing } from '../build/listing.ts';

function net(
  id: string,
  ...more: [Parameters<typeof reconstruct>[2]?, Parameters<typeof reconstruct>[3]?]
): Net {
  const { net } = reconstruct(readListing(`fixtures/listings/${id}.txt`), '', ...more);
  if (net === undefined) throw new Error(`no net in ${id}`);
  return net;
}

describe('facts say how they are known', () => {
  test('widths are measured, heads are convention until a config declares them', () => {
    const measured = net('sd1-diffusers');
    expect(measured.inChannels).toEqual({ value: 4, known: 'measured', from: 'conv_in.weight' });
    expect(measured.conditioning.crossAttentionDim).toMatchObject({ value: 768, known: 'measured' });
    expect(headsOf(measured)).toMatchObject({ value: 8, known: 'convention' });
    expect(headsOf(net('sd1-diffusers', { attentionHeadDim: [4, 4, 8, 8] }))).toMatchObject({
      value: 4,
      known: 'declared',
    });
  });

  test('a head width declared as null is one head', () => {
    const listing = 'unet2d-ddpm-cifar10-diffusers';
    const heads = (declared: Parameters<typeof net>[1]): unknown =>
      blocksOf(net(listing, declared)).find(({ kind }) => kind === 'attention')?.attention?.heads;
    expect(heads({ attentionHeadDim: null })).toMatchObject({ value: 1, known: 'declared' });
    expect(heads({ attentionHeadDim: 64 })).toMatchObject({ value: 4, known: 'declared' });
    expect(heads({})).toMatchObject({ value: 1, known: 'convention' });
  });

  test('heads of 64 channels where projections are linear', () => {
    const heads = blocksOf(net('sdxl-ldm')).flatMap((block) => block.attention?.heads?.value ?? []);
    expect(new Set(heads)).toEqual(new Set([10, 20]));
  });

  test('SD2 is told from its 768 form only by evidence beside it', () => {
    expect(net('sd2-ldm').family).toMatchObject({ id: 'sd2', known: 'measured', sameShapes: ['sd2-v'] });
    expect(net('sd2-ldm', {}, { prediction_type: 'v_prediction' }).family).toMatchObject({
      id: 'sd2-v',
      known: 'declared',
      from: 'prediction_type v_prediction',
    });
    expect(net('sdxl-ldm', {}, { markers: new Set(['edm_mean']) }).family.id).toBe('playground-2.5');
    expect(
      net(
        'zero123-diffusers'.replace('zero123', 'sd1-instruct-pix2pix'),
        {},
        { markers: new Set(['cc_projection']) },
      ).family.id,
    ).toBe('zero123');
  });

  test('video nets have three dimensions, an only-cross level is seen', () => {
    expect(net('svd-ldm').spatialDims).toBe(3);
    const upscaler = net('sd-x4-upscaler-ldm');
    const only = blocksOf(upscaler).filter((block) => block.attention?.onlyCrossAttention === true);
    expect(new Set(only.map(({ id }) => id.split('.attentions')[0]))).toEqual(
      new Set(['down_blocks.1', 'down_blocks.2', 'up_blocks.1', 'up_blocks.2']),
    );
    expect(upscaler.conditioning.classes?.value).toBe(1000);
    expect(net('lcm-sd1-diffusers').conditioning.guidanceDim?.value).toBe(256);
  });
});

function headsOf(net: Net): unknown {
  return blocksOf(net).find(({ kind }) => kind === 'transformer')?.attention?.heads;
}

describe('sizes', () => {
  test('an even latent meets itself at every skip', () => {
    const sd1 = net('sd1-ldm');
    const sizes = sizesAt(sd1, 64, 96);
    expect(deepestDivisor(sd1)).toBe(8);
    expect(sizes.get('mid_block.resnets.0')).toEqual({ height: 8, width: 12 });
    expect(sizes.get('conv_out')).toEqual({ height: 64, width: 96 });
    expect(
      sd1.skips.every(
        ({ producer, consumer }) =>
          String(sizes.get(producer)?.height) === String(sizes.get(consumer)?.height),
      ),
    ).toBe(true);
  });

  test('an uneven one does not: 65 halves to 33, 17, 9 and comes back as 18', () => {
    const sizes = sizesAt(net('sd1-ldm'), 65, 65);
    expect(sizes.get('down_blocks.3.resnets.1')).toEqual({ height: 9, width: 9 });
    expect(sizes.get('down_blocks.2.resnets.1')).toEqual({ height: 17, width: 17 });
    expect(sizes.get('up_blocks.1.resnets.0')).toEqual({ height: 18, width: 18 });
  });
});

describe('the registry of families', () => {
  test('ids are unique and every family of the same shapes but the first says what tells it', () => {
    expect(new Set(families.map(({ id }) => id)).size).toBe(families.length);
    const sameAsBefore = families.filter((family, index) =>
      families
        .slice(0, index)
        .some((other) => JSON.stringify(other.signature) === JSON.stringify(family.signature)),
    );
    expect(sameAsBefore.length).toBeGreaterThan(0);
    expect(sameAsBefore.filter(({ toldBy }) => toldBy === undefined)).toEqual([]);
  });
});
