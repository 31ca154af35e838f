import type { Block } from '../../topology/net.ts';
import type { Circuit, Link, Port, State } from './circuit.ts';
import type { Patterns } from './measure.ts';
import { leastMargin, type Weighed, type WeighedExchange } from './told.ts';

/** Two things of one shape that may have been taken for each other. */
export type Candidate =
  | { readonly kind: 'blocks'; readonly a: string; readonly b: string }
  /** Two decoder resnets, each of which would read the other's skip. */
  | { readonly kind: 'skips'; readonly a: string; readonly b: string }
  /** One decoder resnet that would have the skip in front of what comes from below. */
  | { readonly kind: 'halves'; readonly a: string };

/** The blocks that an exchange touches. */
export function placesOf(candidate: Candidate): readonly string[] {
  return candidate.kind === 'halves' ? [candidate.a] : [candidate.a, candidate.b];
}

/** How much better the net fits as it is filed than with the two exchanged. */
export interface Exchange extends WeighedExchange {
  readonly candidate: Candidate;
}

/** Where the weights of each place are, and which skip each decoder resnet reads. */
interface Assignment {
  readonly contents: ReadonlyMap<string, string>;
  readonly skips: ReadonlyMap<string, State>;
  readonly turned: ReadonlySet<string>;
}

/** All exchanges that the shapes allow, and what the weights say of them. */
export class Exchanges {
  readonly candidates: readonly Candidate[];
  readonly #patterns: Patterns;
  readonly #touching: ReadonlyMap<string, readonly Link[]>;
  readonly #skipLinks: ReadonlyMap<string, readonly Link[]>;
  readonly #belowStates: ReadonlyMap<string, State>;
  readonly #filed: Assignment;

  constructor(circuit: Circuit, blocks: readonly Block[], patterns: Patterns) {
    this.#patterns = patterns;
    const { touching, joined } = index(circuit.links);
    this.#touching = touching;
    this.#skipLinks = joined;
    this.#belowStates = new Map(
      circuit.links.flatMap(({ reader, state, part }) => (part === 'below' ? [[reader.block, state]] : [])),
    );
    this.#filed = {
      contents: new Map(),
      skips: new Map(circuit.skips.map(({ consumer, state }) => [consumer, state])),
      turned: new Set(),
    };
    this.candidates = [...blockPairs(blocks, circuit.links), ...skipPairs(circuit), ...this.#halves(circuit)];
  }

  /** Weighs every candidate against the net as it is filed. */
  weigh(): readonly Exchange[] {
    return this.candidates.flatMap((candidate) => this.#weigh(candidate, this.#filed) ?? []);
  }

  /**
   * What has been exchanged: the candidate that mends the net most is undone, then the next is looked for, until none
   * mends it by as much as `bound` says. One true exchange makes others look right that share a part with it.
   */
  undo(bound: (exchange: Exchange) => boolean, most = 16): readonly Exchange[] {
    const found: Exchange[] = [];
    let assignment = this.#filed;
    while (found.length < most) {
      const worst = this.candidates
        .flatMap((candidate) => this.#weigh(candidate, assignment) ?? [])
        .filter(bound)
        .sort((a, b) => leastMargin(a) - leastMargin(b))[0];
      if (worst === undefined) break;
      found.push(worst);
      assignment = exchanged(worst.candidate, assignment);
    }
    return found;
  }

  #weigh(candidate: Candidate, from: Assignment): Exchange | undefined {
    const to = exchanged(candidate, from);
    let [margin, effect, filedFit, fit, links] = [0, 0, 0, 0, 0];
    let directed: Weighed['directed'];
    for (const link of this.#touched(candidate)) {
      const [filed, moved] = [this.#placed(link, from), this.#placed(link, to)];
      if (filed === undefined || moved === undefined) continue;
      const before = this.#patterns.fit(filed.reader, filed.state);
      const after = this.#patterns.fit(moved.reader, moved.state);
      // both must be known: a layer that says nothing in one place says nothing in the other
      if (before === undefined || after === undefined) continue;
      margin += before - after;
      filedFit += before;
      fit += after;
      links += 1;
      effect += (before - after) / this.#patterns.scale(link.reader.width);
      const here = this.#patterns.directions(filed.reader, filed.state.writers);
      const there = this.#patterns.directions(moved.reader, moved.state.writers);
      if (here === undefined || there === undefined) continue;
      directed = {
        margin: (directed?.margin ?? 0) + here.z - there.z,
        effect: (directed?.effect ?? 0) + here.r - there.r,
      };
    }
    if (margin === 0) return undefined;
    const known = directed === undefined ? {} : { directed };
    const total = Math.max(filedFit, fit);
    return { candidate, margin, effect, ...known, total, fit: fit / Math.sqrt(links) };
  }

  #touched(candidate: Candidate): readonly Link[] {
    if (candidate.kind === 'halves') return this.#skipLinks.get(candidate.a) ?? [];
    if (candidate.kind === 'blocks') {
      const links = [candidate.a, candidate.b].flatMap((id) => this.#touching.get(id) ?? []);
      return [...new Set(links)];
    }
    return [candidate.a, candidate.b].flatMap((id) =>
      (this.#skipLinks.get(id) ?? []).filter(({ part }) => part === 'skip'),
    );
  }

  /** A reader and what it reads, where everything is as assigned. */
  #placed(
    link: Link,
    { contents, skips, turned }: Assignment,
  ): { readonly reader: Port; readonly state: State } | undefined {
    const { block } = link.reader;
    const wantsSkip = (link.part === 'skip') !== (link.part !== 'all' && turned.has(block));
    const state = wantsSkip
      ? skips.get(block)
      : link.part === 'skip'
        ? this.#belowStates.get(block)
        : link.state;
    if (state === undefined) return undefined;
    const placed = (port: Port): Port => {
      const { block: at, layer, norm } = port;
      const content = contents.get(at);
      if (content === undefined || content === at) return port;
      const moved = (path: string): string => content + path.slice(at.length);
      return {
        ...port,
        block: content,
        layer: moved(layer),
        ...(norm === undefined ? {} : { norm: moved(norm) }),
      };
    };
    return { reader: placed(link.reader), state: { writers: state.writers.map(placed) } };
  }

  #halves({ links }: Circuit): readonly Candidate[] {
    const even = links.filter(
      ({ part, reader, state }) =>
        part === 'skip' &&
        reader.role === 'conv1' &&
        this.#belowStates.get(reader.block)?.writers[0]?.width === state.writers[0]?.width,
    );
    return even.map(({ reader }) => ({ kind: 'halves', a: reader.block }));
  }
}

/** Links by the blocks they touch, those inside one block left out, and the links of each concatenation. */
function index(links: readonly Link[]): { touching: Map<string, Link[]>; joined: Map<string, Link[]> } {
  const touching = new Map<string, Link[]>();
  const joined = new Map<string, Link[]>();
  const put = (map: Map<string, Link[]>, id: string, link: Link): void => {
    map.set(id, [...(map.get(id) ?? []), link]);
  };
  for (const link of links) {
    const blocks = new Set([link.reader.block, ...link.state.writers.map(({ block }) => block)]);
    // what a block reads of itself moves with it
    if (blocks.size > 1) for (const id of blocks) put(touching, id, link);
    if (link.part !== 'all') put(joined, link.reader.block, link);
  }
  return { touching, joined };
}

function exchanged(candidate: Candidate, { contents, skips, turned }: Assignment): Assignment {
  if (candidate.kind === 'halves') {
    const now = new Set(turned);
    if (!now.delete(candidate.a)) now.add(candidate.a);
    return { contents, skips, turned: now };
  }
  const { a, b } = candidate;
  if (candidate.kind === 'blocks') {
    const now = new Map(contents).set(a, contents.get(b) ?? b).set(b, contents.get(a) ?? a);
    return { contents: now, skips, turned };
  }
  const [first, second] = [skips.get(a), skips.get(b)];
  if (first === undefined || second === undefined) return { contents, skips, turned };
  return { contents, skips: new Map(skips).set(a, second).set(b, first), turned };
}

/** Blocks of one kind that have the same tensors in the same shapes, and are cut at the same place. */
function blockPairs(blocks: readonly Block[], links: readonly Link[]): readonly Candidate[] {
  const cuts = new Map(
    links.flatMap(({ part, reader }) => (part === 'skip' ? [[reader.block, reader.first]] : [])),
  );
  const groups = new Map<string, string[]>();
  for (const { id, kind, tensors } of blocks) {
    if (kind === 'embedding' || kind === 'conv') continue;
    const shapes = tensors.map(({ canonical, tensor }) => `${canonical.slice(id.length)}[${tensor.shape}]`);
    const key = `${kind}|${cuts.get(id) ?? ''}|${shapes.sort().join()}`;
    groups.set(key, [...(groups.get(key) ?? []), id]);
  }
  return [...groups.values()].flatMap((ids) => pairsOf(ids)).map(([a, b]) => ({ kind: 'blocks', a, b }));
}

function skipPairs({ skips }: Circuit): readonly Candidate[] {
  return pairsOf(skips)
    .filter(([a, b]) => a.state.writers[0]?.width === b.state.writers[0]?.width)
    .map(([a, b]) => ({ kind: 'skips', a: a.consumer, b: b.consumer }));
}

function pairsOf<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return items.flatMap((a, at) => items.slice(at + 1).map((b) => [a, b] as const));
}
