/**
 * A U-Net rebuilt from its graph alone, for nets whose names are of no known grammar: each layer with weights is a block,
 * as is each pool and each resizing; the joins of two depths are its skips, and cut it into stages.
 */
import type { Tensor } from '../../formats/checkpoint.ts';
import type { Graph, GraphNode } from '../../formats/graph.ts';
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
import { CONVOLUTIONS, follow, type Followed, strideOf, widthsOf } from './follow.ts';
import type { GraphNames } from './names.ts';
import { ancestors, type Join, joinsOf } from './skips.ts';

/** The dialect of nets that are read off their graph: nothing but the graph itself can run them. */
export const GRAPH_DIALECT = 'graph';

/** A net, or in words why the graph gives none. */
export type GraphNet = { readonly net: Net } | { readonly reason: string };

/** A block in the making. */
interface Part {
  readonly block: Block;
  /** Place of its node in the order. */
  readonly at: number;
}

export function netOfGraph(graph: Graph, names: GraphNames, stored: readonly Tensor[]): GraphNet {
  const tensors = new Map(stored.map((tensor) => [tensor.name, tensor]));
  const followed = follow(graph, tensors);
  if (typeof followed === 'string') return { reason: followed };
  const parts = partsOf(followed, names, tensors);
  const joins = joinsOf(followed);
  if (joins === undefined) return { reason: 'its graph is too large to be followed' };
  const reach = new Reach(followed, parts);
  const skips = joins.flatMap((join) => skipsOf(join, followed, reach));
  const rungs = ladder(skips);
  const [stem] = parts;
  const head = reach.before(graph.outputs[0]?.name ?? '', true) ?? parts.at(-1);
  if (rungs.length === 0) return { reason: 'no Concat or Add in its graph joins two depths' };
  if (stem === undefined || head === undefined || stem === head) return { reason: 'its graph has no layers' };
  return {
    net: assembled(
      parts,
      skips.map(({ skip }) => skip),
      rungs,
      stem,
      head,
      followed,
      graph,
    ),
  };
}

/** Every layer, pool and resizing, in the order in which they are computed. */
function partsOf(followed: Followed, names: GraphNames, tensors: ReadonlyMap<string, Tensor>): Part[] {
  const { order, standings } = followed;
  const parts: Part[] = [];
  const taken = new Set<string>();
  /** The part whose output a value is, for norms and activations behind it. */
  const behind = new Map<string, number>();
  const owned: OwnedTensor[][] = [];
  for (const [at, node] of order.entries()) {
    const kind = kindOf(node);
    const own = (names.owned.get(node) ?? []).map((tensor) => ({ canonical: tensor.name, tensor }));
    const main = node.inputs.map((input) => behind.get(input)).find((place) => place !== undefined);
    if (kind === undefined || !node.inputs.some((input) => standings.has(input))) {
      // a norm belongs to the layer before it
      if (main !== undefined) for (const output of node.outputs) behind.set(output, main);
      (owned[main ?? parts.length - 1] ?? owned[0])?.push(...own);
      continue;
    }
    const from = node.inputs.map((input) => standings.get(input)).find((each) => each !== undefined);
    const to = standings.get(node.outputs[0] ?? '');
    const widths = widthsOf(node, tensors);
    const id = idOf(node, own, at, taken);
    const divisor = from?.divisor ?? 1;
    owned.push([...own]);
    parts.push({
      at,
      block: {
        id,
        fileId: node.name === '' ? id : node.name,
        kind,
        inChannels: widths?.input ?? from?.channels ?? 0,
        outChannels: widths?.output ?? to?.channels ?? from?.channels ?? 0,
        divisor,
        outDivisor: to?.divisor ?? divisor,
        temporal: false,
        tensors: [],
        parameters: 0,
      },
    });
    for (const output of node.outputs) behind.set(output, parts.length - 1);
  }
  return parts.map(({ block, at }, index) => {
    const own = owned[index] ?? [];
    const parameters = parametersOf(own);
    return { at, block: { ...block, tensors: own, parameters } };
  });
}

function kindOf(node: GraphNode): BlockKind | undefined {
  const { op } = node;
  if (CONVOLUTIONS.has(op)) return strideOf(node) > 1 ? 'downsample' : 'conv';
  if (op === 'ConvTranspose') return strideOf(node) > 1 ? 'upsample' : 'conv';
  if (op === 'Gemm' || op === 'MatMul') return 'conv';
  if (op === 'MaxPool' || op === 'AveragePool' || op === 'SpaceToDepth')
    return strideOf(node) > 1 || op === 'SpaceToDepth' ? 'downsample' : undefined;
  return op === 'Resize' || op === 'Upsample' || op === 'DepthToSpace' ? 'upsample' : undefined;
}

/** The module that owns its weight, else where the node was exported from, else its name. */
function idOf(node: GraphNode, own: readonly OwnedTensor[], at: number, taken: Set<string>): string {
  const weight = own
    .find(({ canonical }) => canonical.endsWith('.weight'))
    ?.canonical.slice(0, -'.weight'.length);
  const wanted = weight ?? (node.name.replace(/^\//, '').replaceAll('/', '.') || `${node.op}.${at}`);
  const id = taken.has(wanted) ? `${wanted}:${at}` : wanted;
  taken.add(id);
  return id;
}

/** Which block a value comes from, and which reads it. */
class Reach {
  readonly #followed: Followed;
  readonly #byPlace: ReadonlyMap<number, Part>;
  readonly #readers = new Map<string, number[]>();

  constructor(followed: Followed, parts: readonly Part[]) {
    this.#followed = followed;
    this.#byPlace = new Map(parts.map((part) => [part.at, part]));
    for (const [at, { inputs }] of followed.order.entries()) {
      for (const input of inputs) {
        const had = this.#readers.get(input);
        if (had === undefined) this.#readers.set(input, [at]);
        else had.push(at);
      }
    }
  }

  /** The last block that a value has passed; `weighted`: the last that has weights. */
  before(value: string, weighted = false): Part | undefined {
    const { makers, order, standings } = this.#followed;
    const seen = new Set<string>();
    let now = value;
    while (!seen.has(now)) {
      seen.add(now);
      const maker = makers.get(now);
      if (maker === undefined) return undefined;
      const part = this.#byPlace.get(maker);
      if (part !== undefined && (!weighted || part.block.tensors.length > 0)) return part;
      const inputs = order[maker]?.inputs ?? [];
      now = inputs.find((input) => standings.has(input)) ?? inputs[0] ?? '';
    }
    return undefined;
  }

  /** The next block that a value enters. */
  after(value: string): Part | undefined {
    const waiting = [value];
    const seen = new Set<string>();
    for (const now of waiting) {
      for (const at of this.#readers.get(now) ?? []) {
        const part = this.#byPlace.get(at);
        if (part !== undefined) return part;
        for (const output of this.#followed.order[at]?.outputs ?? []) {
          if (!seen.has(output)) waiting.push(output);
          seen.add(output);
        }
      }
    }
    return undefined;
  }
}

/** A skip with its ends as places in the order of the graph. */
interface Rung {
  readonly skip: Skip;
  readonly from: number;
  readonly to: number;
}

function skipsOf(
  { kind, at, kept, below }: Join,
  { order, standings }: Followed,
  reach: Reach,
): readonly Rung[] {
  const output = order[at]?.outputs[0] ?? '';
  const from = reach.before(below[0] ?? '');
  // a sum belongs to the block that it is added to, a longer row of channels to the one that reads it
  const consumer = kind === 'add' ? from : (reach.after(output) ?? from);
  const width = (values: readonly string[]): number =>
    values.reduce((sum, value) => sum + (standings.get(value)?.channels ?? 0), 0);
  const own = kind === 'add' ? width(below.slice(0, 1)) : width(below);
  const joined = kind === 'add' ? own : width([...below, ...kept]);
  const reads =
    consumer !== undefined && kind === 'concat' && consumer.at > at ? consumer.block.inChannels : joined;
  const divisor = standings.get(below[0] ?? '')?.divisor ?? 1;
  return kept.flatMap((value) => {
    const producer = reach.before(value);
    if (producer === undefined || consumer === undefined) return [];
    const channels = width([value]);
    const skip: Skip = {
      producer: producer.block.id,
      consumer: consumer.block.id,
      channels,
      // of several that meet in one place, the others come from below with it
      below: kind === 'add' ? own : joined - channels,
      expects: reads,
      divisor: standings.get(value)?.divisor ?? 1,
      consumerDivisor: divisor,
      join: kind,
      holds: kind === 'add' ? channels === own : joined === reads,
    };
    return [{ skip, from: producer.at, to: at }];
  });
}

/**
 * The skips that lie around each other, from the outermost in: what they enclose is the net's depth. A net inside a
 * block, with skips of its own, lies beside them or inside one of them.
 */
function ladder(skips: readonly Rung[]): readonly Rung[] {
  const rungs: Rung[] = [];
  let inside = skips;
  while (inside.length > 0) {
    const widest = inside.reduce((best, rung) => (rung.to - rung.from > best.to - best.from ? rung : best));
    rungs.push(widest);
    inside = inside.filter(
      ({ from, to, skip }) => from > widest.from && to < widest.to && skip.divisor >= widest.skip.divisor,
    );
  }
  return rungs;
}

function assembled(
  parts: readonly Part[],
  skips: readonly Skip[],
  rungs: readonly Rung[],
  stem: Part,
  head: Part,
  followed: Followed,
  graph: Graph,
): Net {
  const path = parts.filter((part) => part !== stem && part !== head);
  const main = ancestors(graph.outputs[0]?.name ?? '', followed);
  /** Channels that leave a row of blocks, beside those of side outputs. */
  const leaving = (blocks: readonly Block[]): number => {
    const ids = new Set(blocks.map(({ id }) => id));
    const last = path.findLast(
      (part) => ids.has(part.block.id) && main.has(part.at) && part.block.kind === 'conv',
    );
    return last?.block.outChannels ?? 0;
  };
  const divisors = [...new Set(rungs.map(({ skip }) => skip.divisor))];
  const at = divisors.map((divisor) => rungs.filter(({ skip }) => skip.divisor === divisor));
  // a stage ends behind the last skip that it gives, and with what leads down from it
  const ends = at.map((own) => pastDownsamplers(path, Math.max(...own.map(({ from }) => from))));
  const begins = at.map((own) => Math.min(...own.map(({ to }) => to)));
  const between = (from: number, to: number): Block[] =>
    path.filter((part) => part.at > from && part.at <= to).map(({ block }) => block);
  const encoder = divisors.map((divisor, level): Stage => {
    const blocks = between(level === 0 ? -1 : (ends[level - 1] as number), ends[level] as number);
    const channels = at[level]?.[0]?.skip.channels ?? 0;
    return { id: `encoder.${level}`, level, channels, divisor, blocks };
  });
  const decoder = divisors
    .map((divisor, level): Stage => {
      const blocks = between(
        begins[level] as number,
        level === 0 ? Number.MAX_SAFE_INTEGER : (begins[level - 1] as number),
      );
      return { id: `decoder.${level}`, level, channels: leaving(blocks), divisor, blocks };
    })
    .toReversed();
  const middle = between(ends.at(-1) as number, begins.at(-1) as number);
  const deepest = Math.max(...middle.map(({ divisor }) => divisor), divisors.at(-1) as number);
  const measured = (value: number, from: string): Fact<number> => ({ value, known: 'measured', from });
  const output = followed.standings.get(graph.outputs[0]?.name ?? '')?.channels ?? head.block.outChannels;
  const blocks = parts.map(({ block }) => block);
  return {
    family: {
      id: GRAPH_DIALECT,
      title: 'convolutional U-Net',
      known: 'measured',
      from: 'its graph',
      sameShapes: [],
    },
    dialect: GRAPH_DIALECT,
    spatialDims: 2,
    inChannels: measured(stem.block.inChannels, stem.block.id),
    outChannels: measured(output, head.block.id),
    modelChannels: measured(stem.block.outChannels, stem.block.id),
    conditioning: {},
    embeddings: [],
    stem: stem.block,
    encoder,
    middle: {
      id: 'middle',
      level: divisors.length,
      channels: leaving(middle),
      divisor: deepest,
      blocks: middle,
    },
    decoder,
    head: head.block,
    skips,
    parameters: blocks.reduce((sum, { parameters }) => sum + parameters, 0),
  };
}

/** The place behind which the next stage begins. */
function pastDownsamplers(path: readonly Part[], from: number): number {
  const next = path.find(({ at }) => at > from);
  return next?.block.kind === 'downsample' ? next.at : from;
}
