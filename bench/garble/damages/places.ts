/** Sound tensors in the wrong places. */
import * as wiring from '../../../test/values/damage.ts';
import type { BlockKind } from '../../../src/topology/net.ts';
import type { Subject } from '../subject.ts';
import { type Kind, type Means, pick } from './kind.ts';
import { changed, convolutions, each, idsOf, memoryNet, reordered, weights } from './tensors.ts';

/** Shapes of a block's tensors, to tell blocks that could stand in each other's place. */
function shapesOf(subject: Subject, id: string): string {
  return subject.names
    .filter((name) => name.startsWith(`${id}.`))
    .map((name) => `${name.slice(id.length)}[${subject.shape(name)}]`)
    .sort()
    .join(' ');
}

/** Blocks of a kind, by their shapes, where several have the same. */
function alike(subject: Subject, kinds: readonly BlockKind[]): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const kind of kinds) {
    for (const id of idsOf(subject, kind)) {
      const shapes = shapesOf(subject, id);
      groups.set(shapes, [...(groups.get(shapes) ?? []), id]);
    }
  }
  return [...groups.values()].filter((ids) => ids.length > 1);
}

function pairsOf(groups: readonly (readonly string[])[]): readonly (readonly [string, string])[] {
  return groups.flatMap((ids) => ids.flatMap((a, index) => ids.slice(index + 1).map((b) => [a, b] as const)));
}

/** Three different places, so that a kind is not judged by one lucky one. */
const DRAWS = ['1st', '2nd', '3rd'];

function swapped(kinds: readonly BlockKind[]): Kind['make'] {
  return ({ subject, draw }) => {
    const pair = pick(pairsOf(alike(subject, kinds)), draw);
    if (pair === undefined) return undefined;
    const net = memoryNet(subject);
    return changed(subject, net.values, wiring.swapBlocks(net, ...pair));
  };
}

/** Decoder resnets whose skip is as wide as what comes from below. */
function evenSkips({ net }: Subject): readonly string[] {
  return net.skips.filter(({ channels, below }) => channels === below).map(({ consumer }) => consumer);
}

function turned({ subject, draw }: Means, strength: string) {
  const all = evenSkips(subject);
  const ids = strength === 'all' ? all : [pick(all, draw)].filter((id) => id !== undefined);
  const net = memoryNet(subject);
  let values = net.values;
  for (const id of ids) values = wiring.turnHalves({ ...net, values }, id);
  return changed(subject, net.values, values);
}

function skipsSwapped({ subject, draw }: Means) {
  const skips = subject.net.skips;
  const pairs = skips.flatMap((a, index) =>
    skips
      .slice(index + 1)
      .filter((b) => a.channels === b.channels && rowsOf(subject, a.consumer) === rowsOf(subject, b.consumer))
      .map((b) => [a, b] as const),
  );
  const pair = pick(pairs, draw);
  if (pair === undefined) return undefined;
  const net = memoryNet(subject);
  const [a, b] = pair;
  return changed(subject, net.values, wiring.swapSkips(net, a.consumer, b.consumer, a.channels));
}

function rowsOf(subject: Subject, resnet: string): number | undefined {
  return subject.shape(`${resnet}.conv1.weight`)[0];
}

/** Every block of a row takes the place of the next. */
function shifted({ subject, draw }: Means, side: string) {
  const rows = alike(subject, ['resnet']).map((ids) =>
    ids.filter((id) => id.startsWith(side === 'decoder' ? 'up_blocks' : 'down_blocks')),
  );
  const row = pick(
    rows.filter((ids) => ids.length > 1),
    draw,
  );
  if (row === undefined) return undefined;
  const names = subject.names.filter((name) => row.some((id) => name.startsWith(`${id}.`)));
  return each(subject, names, (_, name) => {
    const at = row.findIndex((id) => name.startsWith(`${id}.`));
    const from = row[(at + 1) % row.length] as string;
    return subject.floats(from + name.slice((row[at] as string).length));
  });
}

function permuted({ subject, draw }: Means, share: string) {
  const layer = pick(convolutions(subject), draw)?.replace(/\.weight$/, '');
  if (layer === undefined) return undefined;
  const channels = subject.shape(`${layer}.weight`)[0] ?? 0;
  const moved = Math.round((channels * Number(share.replace(' %', ''))) / 100);
  const order = wiring.permutation(moved, draw);
  const all = Array.from({ length: channels }, (_, index) => order[index] ?? index);
  const names = [`${layer}.weight`, `${layer}.bias`].filter((name) => subject.has(name));
  return each(subject, names, (floats) => reordered(floats, all));
}

function inputsPermuted({ subject, draw }: Means) {
  const name = pick(convolutions(subject), draw);
  if (name === undefined) return undefined;
  const [rows = 0, inputs = 0, ...kernel] = subject.shape(name);
  const order = wiring.permutation(inputs, draw);
  const taps = kernel.reduce((product, size) => product * size, 1);
  return each(subject, [name], (floats) => {
    const moved = new Float32Array(floats.length);
    for (let row = 0; row < rows; row += 1) {
      const from = row * inputs * taps;
      moved.set(reordered(floats.subarray(from, from + inputs * taps), order), from);
    }
    return moved;
  });
}

/** All tensors of one leaf and shape take the place of the next, as a loader does that counts wrongly. */
function leavesShifted({ subject }: Means, leaf: string) {
  const names = weights(subject).filter((name) => name.endsWith(`.${leaf}.weight`));
  const byShape = new Map<string, string[]>();
  for (const name of names) {
    const shape = `${subject.shape(name)}`;
    byShape.set(shape, [...(byShape.get(shape) ?? []), name]);
  }
  const rows = [...byShape.values()].filter((row) => row.length > 1);
  return each(subject, rows.flat(), (_, name) => {
    const row = rows.find((each) => each.includes(name)) as string[];
    return subject.floats(row[(row.indexOf(name) + 1) % row.length] as string);
  });
}

export const places: readonly Kind[] = [
  {
    id: 'resnets-swapped',
    does: 'two resnets of one shape exchanged',
    strengths: DRAWS,
    make: swapped(['resnet']),
  },
  {
    id: 'attentions-swapped',
    does: 'two transformers or attentions of one shape exchanged',
    strengths: DRAWS,
    make: swapped(['transformer', 'attention']),
  },
  {
    id: 'samplers-swapped',
    does: 'two down- or upsamplers exchanged',
    strengths: DRAWS.slice(0, 2),
    make: swapped(['downsample', 'upsample']),
  },
  {
    id: 'skip-halves-turned',
    does: 'the skip in front of what comes from below',
    strengths: [...DRAWS, 'all'],
    make: turned,
  },
  {
    id: 'skips-swapped',
    does: "two decoder resnets read each other's skip",
    strengths: DRAWS,
    make: skipsSwapped,
  },
  {
    id: 'blocks-shifted',
    does: 'resnets of one shape each in the place of the next',
    strengths: ['encoder', 'decoder'],
    make: shifted,
  },
  {
    id: 'layers-shifted',
    does: 'one layer of each block taken from the next block',
    strengths: ['conv1', 'conv2', 'time_emb_proj'],
    make: leavesShifted,
  },
  {
    id: 'outputs-permuted',
    does: 'output channels of one convolution in another order',
    strengths: ['25 %', '100 %'],
    make: permuted,
  },
  {
    id: 'inputs-permuted',
    does: 'input channels of one convolution in another order',
    strengths: [''],
    make: inputsPermuted,
  },
];
