import type { Block, Net, Stage } from '../../topology/net.ts';
import type { NetWeights } from '../weights.ts';

/** What a layer is to its block; ports of one role are compared with each other. */
export type Role =
  | 'stem'
  | 'conv1'
  | 'conv2'
  | 'shortcut'
  | 'sampler'
  | 'proj_in'
  | 'proj_out'
  | 'attention'
  | 'value'
  | 'feed-forward'
  | 'time'
  | 'head';

/** An end of a layer: the channels it reads, or those it writes. */
export interface Port {
  readonly block: string;
  /** Canonical module path: `up_blocks.1.resnets.0.conv1`. */
  readonly layer: string;
  readonly role: Role;
  readonly side: 'reads' | 'writes';
  /** First of its channels, where a layer reads two things side by side. */
  readonly first: number;
  readonly width: number;
  /** The norm in front of a layer that reads: the sign of its gain turns a channel over. */
  readonly norm?: string;
}

/** What flows at one place: the sum of what these wrote, all of one width. */
export interface State {
  readonly writers: readonly Port[];
}

/** A layer reads what flows at a place. */
export interface Link {
  readonly reader: Port;
  readonly state: State;
  /** Which part of a concatenation it is. */
  readonly part: 'all' | 'below' | 'skip';
}

/** A skip as the weights see it. */
interface SkipState {
  readonly consumer: string;
  readonly producer: string;
  readonly state: State;
}

/** A net's layers as writers to and readers of its streams. */
export interface Circuit {
  readonly links: readonly Link[];
  readonly skips: readonly SkipState[];
}

/**
 * Lays out who writes and who reads. Residual sums keep their writers side by side; a convolution that stands alone
 * (stem, samplers) or the shortcut and second convolution of a block that changes its width begin a new stream.
 * Blocks that lack a tensor are passed over, and so is what would read them. Nets that mix over frames have none.
 */
export function circuitOf(net: Net, weights: NetWeights): Circuit {
  if (net.spatialDims !== 2) return { links: [], skips: [] };
  const builder = new Builder(weights);
  const producers = new Map(net.skips.map(({ consumer, producer }) => [consumer, producer]));
  const kept = new Map<string, State | undefined>();
  let state: State | undefined;
  for (const block of pathOf(net)) {
    const producer = producers.get(block.id);
    if (producer === undefined) state = builder.block(block, state);
    else state = builder.join(block, state, producer, kept.get(producer));
    kept.set(block.id, state);
  }
  if (state !== undefined) builder.read('conv_out', 'conv_out', 'head', [state], 'conv_norm_out');
  return { links: builder.links, skips: builder.skips };
}

/** All that read what a port writes, by that port. */
export function readersOf({ links }: Circuit): ReadonlyMap<Port, readonly Port[]> {
  const readers = new Map<Port, Port[]>();
  for (const { reader, state } of links) {
    for (const writer of state.writers) readers.set(writer, [...(readers.get(writer) ?? []), reader]);
  }
  return readers;
}

function pathOf(net: Net): readonly Block[] {
  const inside = (stages: readonly Stage[]): readonly Block[] => stages.flatMap(({ blocks }) => blocks);
  return [net.stem, ...inside(net.encoder), ...(net.middle?.blocks ?? []), ...inside(net.decoder)];
}

class Builder {
  readonly links: Link[] = [];
  readonly skips: SkipState[] = [];
  readonly #weights: NetWeights;

  constructor(weights: NetWeights) {
    this.#weights = weights;
  }

  block(block: Block, before: State | undefined): State | undefined {
    const { id } = block;
    switch (block.kind) {
      case 'conv':
        return this.#state([this.#writer(id, id, 'stem')]);
      case 'resnet':
        return this.#resnet(id, before === undefined ? undefined : [before]);
      case 'attention':
        return this.#pixelAttention(id, before);
      case 'transformer':
        return this.#transformer(block, before);
      case 'downsample':
      case 'upsample':
        return this.#sampler(id, before);
      case 'embedding':
        return before;
    }
  }

  /** A decoder's resnet: what comes from below stands first, the skip behind it. */
  join(
    { id }: Block,
    below: State | undefined,
    producer: string,
    skip: State | undefined,
  ): State | undefined {
    if (skip !== undefined) this.skips.push({ consumer: id, producer, state: skip });
    return this.#resnet(id, below === undefined || skip === undefined ? undefined : [below, skip]);
  }

  /** Links a layer to all that it reads, side by side, where the widths agree. */
  read(block: string, layer: string, role: Role, states: readonly State[], norm?: string): void {
    const width = this.#weights.shape(`${layer}.weight`)?.[1];
    const widths = states.map(widthOf);
    if (width !== widths.reduce((sum, each) => sum + each, 0)) return;
    let first = 0;
    for (const [index, state] of states.entries()) {
      const each = widths[index] as number;
      const base = { block, layer, role, side: 'reads', first, width: each } as const;
      const reader: Port = norm === undefined ? base : { ...base, norm: `${norm}.weight` };
      const part = states.length === 1 ? 'all' : index === 0 ? 'below' : 'skip';
      this.links.push({ reader, state, part });
      first += each;
    }
  }

  #writer(block: string, layer: string, role: Role): Port | undefined {
    const width = this.#weights.shape(`${layer}.weight`)?.[0];
    return width === undefined ? undefined : { block, layer, role, side: 'writes', first: 0, width };
  }

  /** A state of these writers alone, or of these on top of what was there. */
  #state(writers: readonly (Port | undefined)[], before?: State): State | undefined {
    const there = writers.filter((port) => port !== undefined);
    if (there.length < writers.length) return undefined;
    const all = [...(before?.writers ?? []), ...there];
    return all.every(({ width }) => width === all[0]?.width) ? { writers: all } : undefined;
  }

  #resnet(id: string, before: readonly State[] | undefined): State | undefined {
    const { read } = this.#reading(id);
    if (before !== undefined) read('conv1', 'conv1', before, 'norm1');
    const inner = this.#state([this.#writer(id, `${id}.conv1`, 'conv1')]);
    if (inner !== undefined) read('conv2', 'conv2', [inner], 'norm2');
    const out = this.#writer(id, `${id}.conv2`, 'conv2');
    if (!this.#weights.has(`${id}.conv_shortcut.weight`)) {
      const [only, ...more] = before ?? [];
      return only === undefined || more.length > 0 ? undefined : this.#state([out], only);
    }
    if (before !== undefined) read('conv_shortcut', 'shortcut', before);
    return this.#state([this.#writer(id, `${id}.conv_shortcut`, 'shortcut'), out]);
  }

  /** Samplers are a lone convolution, or a resnet that resamples both its ways. */
  #sampler(id: string, before: State | undefined): State | undefined {
    if (this.#weights.has(`${id}.conv1.weight`)) {
      return this.#resnet(id, before === undefined ? undefined : [before]);
    }
    if (before !== undefined) this.read(id, `${id}.conv`, 'sampler', [before]);
    return this.#state([this.#writer(id, `${id}.conv`, 'sampler')]);
  }

  #pixelAttention(id: string, before: State | undefined): State | undefined {
    if (before === undefined) return undefined;
    const { read } = this.#reading(id);
    for (const leaf of ['to_q', 'to_k', 'to_v', 'to_qkv']) read(leaf, 'attention', [before], 'group_norm');
    this.#values(id, id);
    return this.#state([this.#writer(id, `${id}.to_out.0`, 'attention')], before);
  }

  #transformer({ id, attention }: Block, before: State | undefined): State | undefined {
    const { read } = this.#reading(id);
    if (before !== undefined) read('proj_in', 'proj_in', [before], 'norm');
    let tokens = this.#state([this.#writer(id, `${id}.proj_in`, 'proj_in')]);
    for (let index = 0; index < (attention?.depth ?? 0); index += 1) {
      const path = `transformer_blocks.${index}`;
      const own = attention?.onlyCrossAttention === true ? ['to_q'] : ['to_q', 'to_k', 'to_v'];
      tokens = this.#headed(id, `${path}.attn1`, own, tokens, `${path}.norm1`);
      if (this.#weights.has(`${id}.${path}.attn2.to_q.weight`)) {
        tokens = this.#headed(id, `${path}.attn2`, ['to_q'], tokens, `${path}.norm2`);
      }
      if (tokens === undefined) break;
      read(`${path}.ff.net.0.proj`, 'feed-forward', [tokens], `${path}.norm3`);
      tokens = this.#state([this.#writer(id, `${id}.${path}.ff.net.2`, 'feed-forward')], tokens);
    }
    if (tokens !== undefined) read('proj_out', 'proj_out', [tokens]);
    const out = this.#writer(id, `${id}.proj_out`, 'proj_out');
    return before === undefined ? undefined : this.#state([out], before);
  }

  #headed(
    id: string,
    path: string,
    own: readonly string[],
    tokens: State | undefined,
    norm: string,
  ): State | undefined {
    if (tokens === undefined) return undefined;
    const { read } = this.#reading(id);
    for (const leaf of own) read(`${path}.${leaf}`, 'attention', [tokens], norm);
    this.#values(id, `${id}.${path}`);
    return this.#state([this.#writer(id, `${id}.${path}.to_out.0`, 'attention')], tokens);
  }

  /** What an attention takes from the values goes, weighted but unmixed, to its output layer. */
  #values(id: string, path: string): void {
    const values = this.#state([this.#writer(id, `${path}.to_v`, 'value')]);
    if (values !== undefined) this.read(id, `${path}.to_out.0`, 'value', [values]);
  }

  #reading(id: string) {
    return {
      read: (leaf: string, role: Role, states: readonly State[], norm?: string): void =>
        this.read(id, `${id}.${leaf}`, role, states, norm === undefined ? undefined : `${id}.${norm}`),
    };
  }
}

function widthOf({ writers }: State): number {
  return writers[0]?.width ?? 0;
}
