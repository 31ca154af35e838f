/** Writes the IR of a net whose layers are in order: a block for each, stages between the skips. */
import type { NamedTensor } from '../named.ts';
import {
  type Block,
  type BlockKind,
  type Fact,
  type Net,
  type OwnedTensor,
  parametersOf,
  type Skip,
  type Stage,
} from '../net.ts';
import type { Layer } from './layers.ts';
import { levelsOf } from './levels.ts';
import type { Order, Step } from './order.ts';
import { type Owners, ownersOf } from './owners.ts';
import type { Sides } from './sides.ts';

/** The dialect of nets that are read off the widths of their layers: what lies between the layers is not known. */
export const WIDTHS_DIALECT = 'widths';

/** What was measured of such a net and what is taken for granted, by name. */
export type WidthFacts = ReadonlyMap<string, Fact<number>>;

/** The block that stands for the picture, where a skip carries it. */
const PICTURE = 'input';

export function assembledOf(
  tensors: readonly NamedTensor[],
  order: Order,
  sides: Sides,
  dims: 2 | 3,
): { readonly net: Net; readonly facts: WidthFacts } {
  const { steps } = order;
  const all = [...steps.map(({ layer }) => layer), ...sides.shortcuts, ...sides.onSkips, ...sides.heads];
  const owners = ownersOf(tensors, all);
  const { from, before, inside } = levelsOf(steps, tailOf(steps));
  const row = new Row(owners);
  const joins = [...steps.keys()].filter((at) => steps[at]?.intake === 'join');
  const kept = new Set(joins.map((at) => steps[at]?.kept ?? -1));
  const pictured = kept.has(-1);
  /** Places of the blocks that are kept, by step, and of those that read them. */
  const producers = new Map<number, number>();
  const consumers = new Map<number, number>();
  const shortcuts = followersOf(sides.shortcuts, steps);
  const onSkips = followersOf(
    sides.onSkips,
    steps.map((step, at) => (joins.includes(at) ? step : undefined)),
  );
  if (pictured)
    producers.set(-1, row.add({ id: PICTURE, kind: 'conv', input: steps[0]?.reading.input ?? 0 }));
  for (const [at, { layer, reading }] of steps.entries()) {
    const level = before[at] as number;
    if (level !== 0) {
      const place = row.resize(level);
      // where the picture itself is kept, a pool's output is
      if (pictured && kept.has(at - 1) && level > 0) producers.set(at - 1, place);
    }
    if (joins.includes(at)) consumers.set(at, row.length);
    for (const side of onSkips.get(at) ?? []) row.addSide(side);
    if (at > 0) for (const side of shortcuts.get(at) ?? []) row.addSide(side);
    const down = inside[at] as number;
    const kind: BlockKind = down > 0 ? 'downsample' : down < 0 ? 'upsample' : 'conv';
    const place = row.add({ id: layer.name, kind, input: reading.input, output: reading.output, down });
    if (kept.has(at) && !producers.has(at)) producers.set(at, place);
    if (joins.includes(at)) consumers.set(at, Math.min(consumers.get(at) as number, place));
    if (at === 0) for (const side of shortcuts.get(at) ?? []) row.addSide(side);
  }
  row.addHeads(sides.heads);
  const skips = joins.map((at): Rung => {
    const step = steps[at] as Step;
    const producer = producers.get(step.kept ?? -1) as number;
    const consumer = row.placeOf(step.layer.name);
    const channels = step.keptChannels ?? 0;
    const [made, reads] = [row.at(producer), row.at(consumer)];
    const skip: Skip = {
      producer: made.id,
      consumer: reads.id,
      channels,
      below: step.reading.input - channels,
      expects: step.reading.input,
      divisor: made.outDivisor,
      consumerDivisor: reads.divisor,
      join: 'concat',
      holds: true,
    };
    return { skip, from: producer, to: consumers.get(at) as number };
  });
  const net = netOf(row.blocks, skips, owners, dims);
  return { net, facts: factsOf(net, order, from) };
}

/** A skip with its ends as places in the row of blocks. */
interface Rung {
  readonly skip: Skip;
  readonly from: number;
  readonly to: number;
}

/** The blocks in the order in which the picture passes them. */
class Row {
  readonly blocks: Block[] = [];
  readonly #owned: Owners['owned'];
  #depth = 0;
  #resized = 0;

  constructor({ owned }: Owners) {
    this.#owned = owned;
  }

  get length(): number {
    return this.blocks.length;
  }

  at(place: number): Block {
    return this.blocks[place] as Block;
  }

  placeOf(id: string): number {
    return this.blocks.findIndex((block) => block.id === id);
  }

  add({ id, kind, input, output = input, down = 0 }: Made): number {
    const tensors = this.#owned.get(id) ?? [];
    const parameters = parametersOf(tensors);
    const divisor = 2 ** this.#depth;
    this.#depth += down;
    const outDivisor = 2 ** this.#depth;
    const ends = { inChannels: input, outChannels: output, divisor, outDivisor };
    this.blocks.push({ id, fileId: id, kind, ...ends, temporal: false, tensors, parameters });
    return this.blocks.length - 1;
  }

  /** A pool, or a resizing: neither has weights. */
  resize(down: number): number {
    const width = this.blocks.at(-1)?.outChannels ?? 0;
    this.#resized += 1;
    const kind = down > 0 ? 'downsample' : 'upsample';
    return this.add({ id: `${down > 0 ? 'pool' : 'resize'}:${this.#resized}`, kind, input: width, down });
  }

  addSide({ name, readings: [reading] }: Layer): void {
    this.add({ id: name, kind: 'conv', input: reading?.input ?? 0, output: reading?.output ?? 0 });
  }

  /** Outputs at several depths: the deeper ones beside what they read, the last at the end. */
  addHeads(heads: readonly Layer[]): void {
    const width = this.blocks.at(-1)?.outChannels;
    const last = heads.findLast(({ readings }) => readings[0]?.input === width);
    for (const head of heads) if (head !== last) this.#addBeside(head);
    if (last !== undefined) this.addSide(last);
  }

  #addBeside(head: Layer): void {
    const width = head.readings[0]?.input;
    const found = this.blocks.findLastIndex(
      ({ outChannels, kind }) => outChannels === width && kind === 'conv',
    );
    const place = found === -1 ? this.blocks.length - 1 : found;
    this.addSide(head);
    const made = this.blocks.pop() as Block;
    const divisor = this.at(place).outDivisor;
    this.blocks.splice(place + 1, 0, { ...made, divisor, outDivisor: divisor });
  }
}

interface Made {
  readonly id: string;
  readonly kind: BlockKind;
  readonly input: number;
  readonly output?: number;
  readonly down?: number;
}

/** Layers beside the way, by the step that they belong to: the last whose path shares most with theirs. */
function followersOf(
  layers: readonly Layer[],
  steps: readonly (Step | undefined)[],
): ReadonlyMap<number, readonly Layer[]> {
  const found = new Map<number, Layer[]>();
  for (const layer of layers) {
    let best = -1;
    let place = 0;
    for (const [at, step] of steps.entries()) {
      const shared = step === undefined ? -1 : sharedParts(step.layer.path, layer.path);
      if (shared < best || step === undefined) continue;
      best = shared;
      place = at;
    }
    found.set(place, [...(found.get(place) ?? []), layer]);
  }
  return found;
}

function sharedParts(a: readonly string[], b: readonly string[]): number {
  const differs = a.findIndex((part, at) => part !== b[at]);
  return differs === -1 ? a.length : differs;
}

/** Members of the last consumer's list that come behind it, each by its first step: they work on levels of their own. */
function tailOf(steps: readonly Step[]): readonly number[] {
  const last = steps.findLastIndex(({ intake }) => intake === 'join');
  const path = steps[last]?.layer.path ?? [];
  const depth = path.findIndex((part) => /^\d+$/.test(part));
  const list = path.slice(0, depth).join('.');
  const joins = steps.filter(({ intake }) => intake === 'join');
  const listed = joins.filter(({ layer }) => layer.name.startsWith(`${list}.`));
  // the layers of one block are numbered too
  if (depth < 1 || path.length === depth + 1 || listed.length < joins.length) return [];
  const seen = new Set([path[depth]]);
  const tail: number[] = [];
  for (let at = last + 1; at < steps.length; at += 1) {
    const own = steps[at]?.layer.path ?? [];
    if (own.slice(0, depth).join('.') !== list || seen.has(own[depth])) continue;
    seen.add(own[depth]);
    tail.push(at);
  }
  return tail;
}

function netOf(blocks: readonly Block[], rungs: readonly Rung[], owners: Owners, dims: 2 | 3): Net {
  const [stem] = blocks as readonly [Block];
  const head = blocks.findLast(({ tensors }) => tensors.length > 0) as Block;
  const path = blocks
    .map((block, place) => ({ block, place }))
    .filter(({ block }) => block !== stem && block !== head);
  const between = (from: number, to: number): Block[] =>
    path.filter(({ place }) => place >= from && place < to).map(({ block }) => block);
  const leaving = (own: readonly Block[]): number =>
    own.findLast(({ kind }) => kind === 'conv')?.outChannels ?? 0;
  const divisors = [...new Set(rungs.map(({ skip }) => skip.divisor))].sort((a, b) => a - b);
  const at = divisors.map((divisor) => rungs.filter(({ skip }) => skip.divisor === divisor));
  const begins = at.map((own) => Math.min(...own.map(({ to }) => to)));
  const ends = at.map((own, level) => {
    const deeper = blocks.findIndex((block) => block.divisor > (divisors[level] as number));
    // where the picture is kept, what makes smaller gives the next skip
    if (stem.id === PICTURE && deeper !== -1 && deeper < Math.min(...begins)) return deeper;
    return pastPool(blocks, Math.max(...own.map(({ from }) => from)) + 1);
  });
  const encoder = divisors.map((divisor, level): Stage => {
    const own = between(ends[level - 1] ?? 0, ends[level] as number);
    const channels = stem.id === PICTURE ? leaving(own) : (at[level]?.[0]?.skip.channels ?? 0);
    return { id: `encoder.${level}`, level, channels, divisor, blocks: own };
  });
  const decoder = divisors
    .map((divisor, level): Stage => {
      const own = between(begins[level] as number, begins[level - 1] ?? blocks.length);
      return { id: `decoder.${level}`, level, channels: leaving(own), divisor, blocks: own };
    })
    .toReversed();
  const middle = between(ends.at(-1) as number, begins.at(-1) as number);
  const deepest = Math.max(...middle.map(({ divisor }) => divisor), divisors.at(-1) as number);
  const embeddings = [...owners.embeddings].map(([id, tensors]) => embeddingOf(id, tensors));
  const measured = (value: number, from: string): Fact<number> => ({ value, known: 'measured', from });
  const entry = blocks.find(({ tensors }) => tensors.length > 0) as Block;
  return {
    family: {
      id: WIDTHS_DIALECT,
      title: 'convolutional U-Net',
      known: 'measured',
      from: 'the widths of its layers',
      sameShapes: [],
    },
    dialect: WIDTHS_DIALECT,
    spatialDims: dims,
    inChannels: measured(entry.inChannels, entry.id),
    outChannels: measured(head.outChannels, head.id),
    modelChannels: measured(entry.outChannels, entry.id),
    conditioning: {},
    embeddings,
    stem,
    encoder,
    middle: {
      id: 'middle',
      level: divisors.length,
      channels: leaving(middle),
      divisor: deepest,
      blocks: middle,
    },
    decoder,
    head,
    skips: rungs.map(({ skip }) => skip),
    parameters: [...embeddings, ...blocks].reduce((sum, { parameters }) => sum + parameters, 0),
  };
}

/** Linear layers that stand apart, as one block. */
function embeddingOf(id: string, tensors: readonly OwnedTensor[]): Block {
  const matrices = tensors
    .filter(({ tensor }) => tensor.shape.length === 2)
    .map(({ tensor }) => tensor.shape);
  return {
    id,
    fileId: id,
    kind: 'embedding',
    inChannels: matrices[0]?.[1] ?? 0,
    outChannels: matrices.at(-1)?.[0] ?? 0,
    divisor: 1,
    outDivisor: 1,
    temporal: false,
    tensors,
    parameters: parametersOf(tensors),
  };
}

/** The place behind what leads down from a stage. */
function pastPool(blocks: readonly Block[], place: number): number {
  return blocks[place]?.kind === 'downsample' ? place + 1 : place;
}

/** In words of the report: what was found, and who says so. */
function factsOf(net: Net, { steps, others }: Order, levels: string): WidthFacts {
  const joins = steps.filter(({ intake }) => intake === 'join');
  const unsure = joins.filter(({ ambiguous }) => ambiguous === true).length;
  const deepest = Math.max(...net.decoder.map(({ divisor }) => divisor), net.middle?.divisor ?? 1);
  const order = others
    ? 'by their names: in other orders, too, each would read what is there'
    : 'each reads what the one before wrote, or that and what an earlier one wrote';
  const skips =
    unsure === 0
      ? 'one stage alone wrote as many channels'
      : `for ${unsure} of them several stages wrote as many channels: the likeliest by place and name is taken`;
  const fact = (value: number, known: 'measured' | 'convention', from: string) => ({ value, known, from });
  return new Map([
    ['layers_in_order', fact(steps.length, others ? 'convention' : 'measured', order)],
    ['skips', fact(joins.length, unsure === 0 && !others ? 'measured' : 'convention', skips)],
    ['deepest_divisor', fact(deepest, 'convention', levels)],
    [
      'runs_of_each_layer',
      fact(1, 'convention', 'a layer that runs more than once leaves no trace in the file'),
    ],
  ]);
}
