import { beforeAll, describe, expect, test } from 'vitest';
import { readWiring, type Slip, TOLD_MARGIN, type WiringReading } from '../../src/values/index.ts';
import { blocksOf } from '../../src/topology/net.ts';
import {
  exchangeTensors,
  noisy,
  permuteOutputs,
  random,
  rounded,
  transposeSquares,
  turnRows,
} from './damage.ts';
import { loadNet, type MemoryNet, SHAPES, shapeOf, type Values, withValues } from './memory-net.ts';

const NETS = ['sd1-v', 'sd1-eps'] as const;
const nets = new Map<string, MemoryNet>();
const sound = new Map<string, WiringReading>();

beforeAll(async () => {
  for (const name of NETS) {
    const net = await loadNet(SHAPES[name]);
    nets.set(name, net);
    sound.set(name, await readWiring(net.net, net.read));
  }
}, 120_000);

async function readingOf(net: MemoryNet, values: Values): Promise<WiringReading> {
  const { net: changed, read } = withValues(net.net, values);
  return readWiring(changed, read);
}

function named(net: MemoryNet, end: string): readonly string[] {
  return [...net.values.keys()].filter((name) => name.endsWith(end));
}

/** Each tensor whose name ends so, with the one that a word of its name makes it. */
function pairs(net: MemoryNet, end: string, from: string, to: string) {
  return named(net, end).map((name) => [name, name.replace(from, to)] as const);
}

const gates = (net: MemoryNet): readonly string[] => [
  ...named(net, '.ff.net.0.proj.weight'),
  ...named(net, '.ff.net.0.proj.bias'),
];

/** A slip done everywhere, and which it is. */
const EVERYWHERE: readonly (readonly [Slip, (net: MemoryNet) => Values])[] = [
  ['keys-values', (net) => exchangeTensors(net, pairs(net, '.to_k.weight', 'to_k', 'to_v'))],
  ['queries-transposed', (net) => transposeSquares(net, named(net, '.to_q.weight'))],
  ['output-transposed', (net) => transposeSquares(net, named(net, '.to_out.0.weight'))],
  [
    'all-transposed',
    (net) =>
      transposeSquares(
        net,
        [...net.values.keys()].filter((name) => {
          const [rows, columns] = shapeOf(net, name);
          return /\.to_(?:q|k|v|out\.0)\.weight$/.test(name) && rows === columns;
        }),
      ),
  ],
  ['outputs', (net) => exchangeTensors(net, pairs(net, '.attn1.to_out.0.weight', 'attn1', 'attn2'))],
  ['gate', (net) => turnRows(net, gates(net))],
];

describe.each(NETS)('%s', (name) => {
  const net = (): MemoryNet => nets.get(name) as MemoryNet;

  test('sound: none is told, and few look better undone', () => {
    const { slips, slipped } = sound.get(name) as WiringReading;
    expect(slips).toEqual([]);
    expect(new Set(slipped.map(({ slip }) => slip)).size).toBe(9);
    expect(Math.min(...slipped.map(({ margin }) => margin))).toBeGreaterThan(-2);
    expect(slipped.filter(({ margin }) => margin >= TOLD_MARGIN).length / slipped.length).toBeGreaterThan(
      0.9,
    );
  });

  test.each(EVERYWHERE)('%s everywhere', async (slip, change) => {
    const { slips } = await readingOf(net(), change(net()));
    expect(slips.map((each) => each.slip)).toEqual([slip]);
    expect(slips[0]?.places).toBeGreaterThan(10);
    expect(slips[0]?.at.length).toBeGreaterThan(10);
  });

  test('queries and values of one attention', async () => {
    const at = 'up_blocks.1.attentions.1.transformer_blocks.0.attn1';
    const values = exchangeTensors(net(), [[`${at}.to_q.weight`, `${at}.to_v.weight`]]);
    const { slips } = await readingOf(net(), values);
    expect(slips).toMatchObject([
      { slip: 'queries-values', at: [at], block: 'up_blocks.1.attentions.1', places: 1 },
    ]);
  });
});

test.each([
  ['bfloat16', (net: MemoryNet) => rounded(net, 8, 7)],
  ['float8 e4m3', (net: MemoryNet) => rounded(net, 4, 3)],
  ['20 % noise', (net: MemoryNet) => noisy(net, 0.2, random(6))],
])('sound with %s', async (_, change) => {
  const net = nets.get('sd1-eps') as MemoryNet;
  expect((await readingOf(net, change(net))).slips).toEqual([]);
});

test('a net that was never trained shows nothing', async () => {
  const net = nets.get('sd1-v') as MemoryNet;
  const draw = random(7);
  const values = new Map(
    [...net.values].map(([name, floats]) => [name, floats.map(() => draw() + draw() + draw() - 1.5)]),
  );
  const { slips, ports } = await readingOf(net, values);
  expect(slips).toEqual([]);
  expect(ports.filter(({ verdict }) => verdict !== 'unclear')).toEqual([]);
});

describe('the time embedding', () => {
  const net = (): MemoryNet => nets.get('sd1-eps') as MemoryNet;
  const ofTime = ({ blocks }: WiringReading) => blocks.find(({ block }) => block === 'time_embedding');

  test('fits itself and the resnets', () => {
    const { net: topology } = net();
    expect(blocksOf(topology).map(({ id }) => id)).toContain('time_embedding');
    expect(ofTime(sound.get('sd1-eps') as WiringReading)).toMatchObject({
      verdict: 'consistent',
      ports: [{ verdict: 'consistent' }, { verdict: 'consistent' }],
    });
  });

  test.each([
    ['linear_1', 'inside'],
    ['linear_2', 'outside'],
  ])('outputs of %s permuted', async (layer, where) => {
    const values = permuteOutputs(net(), `time_embedding.${layer}`, random(8));
    const reading = await readingOf(net(), values);
    expect(ofTime(reading)).toMatchObject({ verdict: 'inconsistent', where });
    expect(reading.blocks.filter(({ verdict }) => verdict === 'inconsistent')).toHaveLength(1);
  });

  test('one that was added and never trained says nothing', async () => {
    const draw = random(9);
    const values = new Map(
      [...net().values].map(([name, floats]) => [
        name,
        name.startsWith('time_embedding.') ? floats.map(() => draw() - 0.5) : floats,
      ]),
    );
    expect(ofTime(await readingOf(net(), values))?.verdict).toBe('unclear');
  });
});
