/** U-Nets rebuilt from the widths of their layers, held to the joins that happen when the nets run. */
import { existsSync, readFileSync } from 'node:fs';
import * as fc from '../build/properties.ts';
import { describe, expect, it, test } from 'vitest';
import { openFile } from '../../src/bytes/file.ts';
import { identifyComponents } from '../../src/components/index.ts';
import { elementCount } from '../../src/formats/checkpoint.ts';
import { openCheckpoint } from '../../src/formats/index.ts';
import type { NamedTensor } from '../../src/topology/named.ts';
import { blocksOf, type Net } from '../../src/topology/net.ts';
import { netOfWidths, type WidthsNet } from '../../src/topology/widths/net.ts';

interface Golden {
  /** Name, shape, and a number that tensors of one storage share. */
  readonly tensors: readonly (readonly [string, readonly number[], number])[];
  /** Widths that were joined, and the part of the picture's size at which. */
  readonly joins: readonly (readonly [readonly number[], number])[];
}

const NETS = JSON.parse(readFileSync('fixtures/unets/nets.json', 'utf8')) as Record<string, Golden>;

/** Nets that are no U-Net, or whose skips leave no trace, or are not those of one U. */
const REASONS: readonly (readonly [string, RegExp])[] = [
  ['added', /skips that are added leave no trace/],
  ['classifier', /skips that are added leave no trace/],
  ['monai-segresnet', /skips that are added leave no trace/],
  ['dense', /3 of its 8 layers can be put in a row .* nothing in it gives layer3 the 32 channels/],
  ['smp-unetplusplus', /25 of its 40 layers can be put in a row/],
];
const SOUND = Object.keys(NETS).filter((name) => !REASONS.some(([other]) => other === name));

function golden(name: string): Golden {
  const found = NETS[name];
  if (found === undefined) throw new Error(`no net ${name}`);
  return found;
}

/** Tensors of a golden net, in the order of its modules. */
function tensorsOf(name: string): readonly NamedTensor[] {
  return golden(name).tensors.map(([of, shape, place]) => named(of, shape, place));
}

function named(name: string, shape: readonly number[], place: number): NamedTensor {
  const byteLength = 4 * elementCount(shape);
  return { name, tensor: { name, dtype: 'F32', shape, file: 0, offset: place * 1_000_000, byteLength } };
}

/** As a writer stores them that sorts names. */
function sorted(tensors: readonly NamedTensor[]): readonly NamedTensor[] {
  return [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function netIn(found: WidthsNet | undefined): Net {
  if (found === undefined || 'reason' in found) throw new Error(found?.reason ?? 'no layers');
  return found.net;
}

/** Each join as its widths, smallest first, and its divisor. */
function joinsOf(net: Net): unknown {
  return net.skips.map(({ below, channels, consumerDivisor }) => [
    ascending([below, channels]),
    consumerDivisor,
  ]);
}

function ascending(widths: readonly number[]): readonly number[] {
  return [...widths].sort((a, b) => a - b);
}

describe.each([
  ['in the order of the modules', (tensors: readonly NamedTensor[]) => tensors],
  ['in the order of the names', sorted],
])('%s', (_, ordered) => {
  test.each(SOUND)('%s joins what it joins when it runs', (name) => {
    const net = netIn(netOfWidths(ordered(tensorsOf(name))));
    expect(joinsOf(net)).toEqual(golden(name).joins.map(([widths, divisor]) => [ascending(widths), divisor]));
    for (const { divisor, consumerDivisor, holds } of net.skips)
      expect([divisor, holds]).toEqual([consumerDivisor, true]);
  });

  test.each(SOUND)('every tensor of %s belongs to one block', (name) => {
    const tensors = ordered(tensorsOf(name));
    const net = netIn(netOfWidths(tensors));
    const blocks = blocksOf(net);
    const owned = blocks.flatMap((block) => block.tensors.map(({ canonical }) => canonical));
    expect(owned.sort()).toEqual(tensors.map((tensor) => tensor.name).sort());
    expect(new Set(blocks.map(({ id }) => id)).size).toBe(blocks.length);
    expect(net.parameters).toBe(tensors.reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0));
  });

  test.each(REASONS)('%s is none, and it is said why', (name, reason) => {
    expect(netOfWidths(ordered(tensorsOf(name)))).toEqual({ reason: expect.stringMatching(reason) });
  });
});

describe('what is measured and what is taken for granted', () => {
  const factsOf = (name: string): unknown => {
    const found = netOfWidths(tensorsOf(name));
    if (found === undefined || 'reason' in found) throw new Error('no net');
    return [...found.facts].map(([fact, { value, known }]) => [fact, value, known]);
  };

  it('says measured where no other order fits', () => {
    expect(factsOf('smp-resnet18')).toEqual([
      ['layers_in_order', 28, 'measured'],
      ['skips', 4, 'measured'],
      ['deepest_divisor', 32, 'convention'],
      ['runs_of_each_layer', 1, 'convention'],
    ]);
  });

  it('says convention where names decide, or several stages wrote as many channels', () => {
    expect(factsOf('numbered')).toContainEqual(['layers_in_order', 23, 'convention']);
    expect(factsOf('shared-picture')).toContainEqual(['skips', 4, 'convention']);
  });

  it('keeps the picture itself for a skip', () => {
    const net = netIn(netOfWidths(tensorsOf('shared-picture')));
    expect(net.skips.map(({ producer, consumer }) => [producer, consumer])).toEqual([
      ['pool:3', 'dec_conv4a'],
      ['pool:2', 'dec_conv3a'],
      ['pool:1', 'dec_conv2a'],
      ['input', 'dec_conv1a'],
    ]);
    expect([net.inChannels?.value, net.outChannels?.value, net.stem.parameters]).toEqual([9, 3, 0]);
  });
});

describe('a damaged net', () => {
  it('is no net once a layer has another width', () => {
    const tensors = tensorsOf('smp-resnet18').map((each) =>
      each.name === 'decoder.blocks.1.conv1.0.weight' ? named(each.name, [128, 380, 3, 3], 99_999) : each,
    );
    expect(netOfWidths(tensors)).toEqual({
      reason: expect.stringMatching(/nothing in it gives decoder\.blocks\.1\.conv1\.0 the 380 channels/),
    });
  });

  it('any tensors at all give a net, a reason or nothing, and soon', () => {
    const word = fc.constantFrom(
      'up',
      'down',
      'enc1',
      'dec1',
      'block',
      '0',
      '1',
      'conv',
      'psi',
      'skip',
      'mid',
    );
    const name = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => `${parts.join('.')}.weight`);
    const dim = fc.constantFrom(1, 2, 8, 16, 24, 32);
    const shape = fc.tuple(dim, dim, fc.constantFrom(1, 2, 3), fc.constantFrom(1, 2, 3));
    const tensor = fc.tuple(name, shape, fc.nat(1000)).map((made) => named(...made));
    fc.assert(
      fc.property(fc.array(tensor, { minLength: 5, maxLength: 24 }), (tensors) => {
        const found = netOfWidths(tensors);
        if (found === undefined || 'reason' in found) return;
        const { net } = found;
        const ids = new Set(blocksOf(net).map(({ id }) => id));
        for (const { producer, consumer, below, channels, expects } of net.skips) {
          expect([ids.has(producer), ids.has(consumer), below + channels]).toEqual([true, true, expects]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('more layers than any U-Net has are not tried', () => {
    const tensors = Array.from({ length: 5000 }, (_, at) => named(`l${at}.weight`, [8, 8, 3, 3], at));
    expect(netOfWidths(tensors)).toEqual({ reason: expect.stringContaining('it has 5000 convolutions') });
  });
});

const REAL = '../shared/data/real-unets';

describe.skipIf(!existsSync(REAL))(
  'nets that others trained (skipped where the shared data is absent)',
  () => {
    const load = async (file: string): Promise<readonly Net[]> => {
      const source = await openFile(`${REAL}/${file}`, file);
      const components = identifyComponents(await openCheckpoint(source));
      await source.close();
      return components.flatMap(({ net }) => (net === undefined ? [] : [net]));
    };
    const drawn = (net: Net): unknown => ({
      widths: [net.inChannels?.value, net.encoder.map(({ channels }) => channels), net.outChannels?.value],
      skips: net.skips.map(({ producer, consumer, channels, below, divisor }) => [
        producer,
        consumer,
        `${channels}+${below}`,
        divisor,
      ]),
      parameters: net.parameters,
    });

    it('a DDPM of MNIST', async () => {
      expect((await load('franfee-mnist-ddpm.pth')).map(drawn)).toEqual([
        {
          widths: [1, [10, 20, 40], 1],
          skips: [
            ['encoders.2.1.conv2', 'decoders.0.0.conv1', '40+40', 4],
            ['encoders.1.1.conv2', 'decoders.1.0.conv1', '20+20', 2],
            ['encoders.0.1.conv2', 'decoders.2.0.conv1', '10+10', 1],
          ],
          parameters: 671_950,
        },
      ]);
    });

    it.each(['noise2noise-gaussian.pt', 'noise2noise-gaussian-clean.pt'])('%s', async (file) => {
      expect((await load(file)).map(drawn)).toEqual([
        {
          widths: [3, [48, 48, 48], 3],
          skips: [
            ['pool:2', '_block4.0', '48+48', 4],
            ['pool:1', '_block5.0', '48+96', 2],
            ['input', '_block6.0', '3+96', 1],
          ],
          parameters: 700_611,
        },
      ]);
    });

    it('two nets in a row', async () => {
      const skips = [
        ['down_path.0.block.3', 'up_path.0.conv_layer.block.0', '16+16', 2],
        ['first.block.3', 'up_path.1.conv_layer.block.0', '8+8', 1],
      ];
      expect((await load('lwnet-drive.pth')).map(drawn)).toEqual([
        { widths: [3, [8, 16], 1], skips, parameters: 34_746 },
        { widths: [4, [8, 16], 1], skips, parameters: 34_826 },
      ]);
    });
  },
);
