import type { NetWeights } from '../weights.ts';
import type { Circuit, Port, State } from './circuit.ts';
import type { Patterns } from './measure.ts';
import { isDone, isDoneBy, type Weighed } from './told.ts';

/**
 * What can be wrong inside of an attention or a feed-forward layer and fits every shape: two projections taken for each
 * other, square ones with rows and columns exchanged, the outputs of attention to itself and to the text exchanged, the
 * gate of a feed-forward layer in front of what it gates.
 */
export type Slip =
  | 'keys-values'
  | 'queries-values'
  | 'queries-transposed'
  | 'keys-transposed'
  | 'values-transposed'
  | 'output-transposed'
  | 'all-transposed'
  | 'outputs'
  | 'gate';

/** One slip at one place. */
export interface SlipAtPlace extends Weighed {
  readonly slip: Slip;
  readonly block: string;
  /** Canonical module path of the attention or the feed-forward layer. */
  readonly at: string;
}

/** A slip that the weights tell. */
export interface ToldSlip extends Weighed {
  readonly slip: Slip;
  /** The block of the first place. */
  readonly block: string;
  /** Where; of one that is told of all places together, those that show it. */
  readonly at: readonly string[];
  /** Weighed together. */
  readonly places: number;
}

/** Two ends of layers that go together. */
interface Pair {
  readonly port: Port;
  readonly state: State;
}

/** A slip, as what goes together as filed and what would if it had happened. */
interface Hypothesis {
  readonly slip: Slip;
  readonly block: string;
  readonly at: string;
  readonly filed: readonly (Pair | undefined)[];
  readonly slipped: readonly (Pair | undefined)[];
}

/** One whose ends of layers are all there. */
interface Whole extends Hypothesis {
  readonly filed: readonly Pair[];
  readonly slipped: readonly Pair[];
}

/** Every slip that the shapes of a net allow. */
export class Slips {
  /** All ends of layers that are compared. */
  readonly ports: readonly Port[];
  readonly #hypotheses: readonly Whole[];

  constructor({ links }: Circuit, weights: NetWeights) {
    const reading = new Map(
      links.map((link) => [link.reader.layer, { port: link.reader, state: link.state }]),
    );
    const attentions = links
      .filter(({ reader }) => reader.role === 'value')
      .map(({ reader }) => new Attention(reader, weights, reading));
    const gated = links.filter(({ reader }) => reader.layer.endsWith(GATED));
    const all = [
      ...attentions.flatMap((attention) => attention.hypotheses()),
      ...outputs(attentions),
      ...gated.map(({ reader }) => gate(reader, weights)),
    ];
    this.#hypotheses = all.flatMap((each): readonly Whole[] => {
      const [filed, slipped] = [there(each.filed), there(each.slipped)];
      return filed === undefined || slipped === undefined ? [] : [{ ...each, filed, slipped }];
    });
    this.ports = this.#hypotheses.flatMap(({ filed, slipped }) =>
      filed.concat(slipped).flatMap(({ port, state: { writers } }) => [port].concat(writers)),
    );
  }

  weigh(patterns: Patterns): readonly SlipAtPlace[] {
    return this.#hypotheses.flatMap(({ slip, block, at, filed, slipped }) => {
      const [before, after] = [fits(patterns, filed), fits(patterns, slipped)];
      if (before === undefined || after === undefined) return [];
      const fit = after.sum / Math.sqrt(slipped.length);
      return [{ slip, block, at, margin: before.sum - after.sum, effect: before.effect - after.effect, fit }];
    });
  }
}

/**
 * The slips that are told. Of each kind all places together come first: what a script gets wrong it gets wrong everywhere,
 * and narrow layers tell together what none tells alone. Then place by place. Where several would do, the one that
 * mends most.
 */
export function toldSlips(weighed: readonly SlipAtPlace[]): readonly ToldSlip[] {
  const kinds = [...new Set(weighed.map(({ slip }) => slip))];
  const [everywhere] = kinds
    .flatMap((kind) => together(weighed.filter(({ slip }) => slip === kind)) ?? [])
    .filter(isSlipped)
    .sort((a, b) => a.margin - b.margin);
  const covered = new Set(everywhere?.at);
  const single = new Map<string, SlipAtPlace>();
  for (const each of weighed.filter(isSlipped)) {
    if (each.margin > -ONE_PLACE) continue;
    if (!covered.has(each.at) && each.margin < (single.get(each.at)?.margin ?? 0)) single.set(each.at, each);
  }
  const alone = [...single.values()].map(
    ({ slip, block, at, margin, effect, fit }): ToldSlip => ({
      slip,
      block,
      at: [at],
      places: 1,
      margin,
      effect,
      fit,
    }),
  );
  return everywhere === undefined ? alone : [everywhere, ...alone];
}

/** At one place, of some thousands on sound nets, the least margin was −3.6; of all places together 3.5. */
const ONE_PLACE = 6;

/**
 * Of the two halves of a feed-forward layer one is at chance, whatever the net: no error of the model needs to be
 * allowed for, and wide layers tell by little of each channel.
 */
const GATE_EFFECT = 0.02;

function isSlipped(each: SlipAtPlace | ToldSlip): boolean {
  return each.slip === 'gate' ? isDoneBy(each, GATE_EFFECT) : isDone(each);
}

/** One slip at all of its places: sums over √places, so that chance stays at 1. */
function together(own: readonly SlipAtPlace[]): ToldSlip | undefined {
  const slipped = own.filter(({ margin }) => margin < 0);
  const [first] = slipped;
  if (first === undefined || own.length < 2) return undefined;
  const sum = (measure: (each: SlipAtPlace) => number): number =>
    own.reduce((total, each) => total + measure(each), 0);
  const root = Math.sqrt(own.length);
  return {
    slip: first.slip,
    block: first.block,
    at: slipped.map(({ at }) => at),
    places: own.length,
    margin: sum(({ margin }) => margin) / root,
    effect: sum(({ effect }) => effect) / own.length,
    fit: sum(({ fit }) => fit) / root,
  };
}

/** Σ atanh(r)·√(n(n−3)/2) over pairs, and Σ atanh(r); undefined where one of them has no pattern. */
function fits(patterns: Patterns, pairs: readonly Pair[]): { sum: number; effect: number } | undefined {
  let [sum, effect] = [0, 0];
  for (const { port, state } of pairs) {
    const fit = patterns.has(port) ? patterns.fit(port, state) : undefined;
    if (fit === undefined) return undefined;
    sum += fit;
    effect += fit / patterns.scale(port.width);
  }
  return { sum, effect };
}

function there(pairs: readonly (Pair | undefined)[]): readonly Pair[] | undefined {
  const known = pairs.filter((pair) => pair !== undefined);
  return known.length === pairs.length ? known : undefined;
}

/** Two ends of one width; undefined where they are of two, or one is not there. */
function paired(port: Port | undefined, other: Port | undefined): Pair | undefined {
  if (port === undefined || port.width !== other?.width) return undefined;
  return { port, state: { writers: [other] } };
}

type Projection = 'queries' | 'keys' | 'values' | 'output';

const LEAVES: ReadonlyMap<Projection, string> = new Map([
  ['queries', 'to_q'],
  ['keys', 'to_k'],
  ['values', 'to_v'],
  ['output', 'to_out.0'],
]);

/** An attention whose queries, keys, values and output are layers of their own. */
class Attention {
  readonly at: string;
  readonly block: string;
  readonly #weights: NetWeights;
  readonly #reading: ReadonlyMap<string, Pair>;

  /** @param output where its output layer reads the values */
  constructor(output: Port, weights: NetWeights, reading: ReadonlyMap<string, Pair>) {
    this.at = output.layer.slice(0, -'.to_out.0'.length);
    this.block = output.block;
    this.#weights = weights;
    this.#reading = reading;
  }

  hypotheses(): readonly Hypothesis[] {
    const { block, at } = this;
    const filed = [this.scores('queries', 'keys'), this.mixes('values', 'output')];
    const square = [...LEAVES.keys()].filter((projection) => this.#isSquare(projection));
    return [
      {
        slip: 'keys-values',
        block,
        at,
        filed,
        slipped: [this.scores('queries', 'values'), this.mixes('keys', 'output')],
      },
      {
        slip: 'queries-values',
        block,
        at,
        filed,
        slipped: [this.scores('values', 'keys'), this.mixes('queries', 'output')],
      },
      ...square.map((one) => this.#transposed(`${one}-transposed`, [one])),
      ...(square.length > 1 ? [this.#transposed('all-transposed', square)] : []),
    ];
  }

  /** The rows of queries and keys, which are multiplied with each other. */
  scores(queries: Projection, keys: Projection): Pair | undefined {
    return paired(this.rows(queries), this.rows(keys));
  }

  /** What an output layer reads, and the values, which come to it weighted and unmixed. */
  mixes(values: Projection, output: Projection): Pair | undefined {
    return paired(this.columns(output), this.rows(values));
  }

  rows(projection: Projection): Port | undefined {
    return this.#end(projection, 'writes');
  }

  columns(projection: Projection): Port | undefined {
    return this.#end(projection, 'reads');
  }

  #transposed(slip: Slip, turned: readonly Projection[]): Hypothesis {
    const touched = (...of: readonly Projection[]): boolean => of.some((each) => turned.includes(each));
    const pairs = (isTurned: (projection: Projection) => boolean): readonly (Pair | undefined)[] => {
      const rows = (of: Projection) => (isTurned(of) ? this.columns(of) : this.rows(of));
      const columns = (of: Projection) => (isTurned(of) ? this.rows(of) : this.columns(of));
      return [
        ...(touched('queries', 'keys') ? [paired(rows('queries'), rows('keys'))] : []),
        ...(touched('values', 'output') ? [paired(columns('output'), rows('values'))] : []),
        ...turned.flatMap((of) => this.#reads(of, isTurned(of) ? 'writes' : 'reads') ?? []),
      ];
    };
    return {
      slip,
      block: this.block,
      at: this.at,
      filed: pairs(() => false),
      slipped: pairs((of) => turned.includes(of)),
    };
  }

  /** What a projection reads from the stream, by its columns or, were it transposed, by its rows. */
  #reads(projection: Projection, side: Port['side']): Pair | undefined {
    if (projection === 'output') return undefined;
    const own = this.#reading.get(this.#layer(projection));
    return own === undefined ? undefined : { ...own, port: { ...own.port, side } };
  }

  #isSquare(projection: Projection): boolean {
    const [rows, columns, ...kernel] = this.#weights.shape(`${this.#layer(projection)}.weight`) ?? [];
    return rows !== undefined && rows === columns && kernel.every((size) => size === 1);
  }

  #end(projection: Projection, side: Port['side']): Port | undefined {
    const layer = this.#layer(projection);
    const width = this.#weights.shape(`${layer}.weight`)?.[side === 'writes' ? 0 : 1];
    if (width === undefined) return undefined;
    return { block: this.block, layer, role: 'attention', side, first: 0, width };
  }

  #layer(projection: Projection): string {
    return `${this.at}.${LEAVES.get(projection)}`;
  }
}

/** What attention to itself and to the text write, exchanged. */
function outputs(attentions: readonly Attention[]): readonly Hypothesis[] {
  const byPath = new Map(attentions.map((attention) => [attention.at, attention]));
  return attentions.flatMap((self): readonly Hypothesis[] => {
    if (!self.at.endsWith('.attn1')) return [];
    const text = byPath.get(`${self.at.slice(0, -1)}2`);
    if (text === undefined) return [];
    const filed = [self.mixes('values', 'output'), text.mixes('values', 'output')];
    const slipped = [
      paired(text.columns('output'), self.rows('values')),
      paired(self.columns('output'), text.rows('values')),
    ];
    return [{ slip: 'outputs', block: self.block, at: self.at, filed, slipped }];
  });
}

/** The first layer of a gated feed-forward. */
const GATED = '.ff.net.0.proj';

/**
 * The value and the gate of a feed-forward layer, each half of its rows. Turn a value's sign and that of the column that
 * reads it, and nothing changes, so that the two match in sign as well; the gate stands inside of GELU and does not.
 */
function gate({ block, layer }: Port, weights: NetWeights): Hypothesis {
  const last = `${layer.slice(0, -'.0.proj'.length)}.2`;
  const rows = weights.shape(`${layer}.weight`)?.[0];
  const width = weights.shape(`${last}.weight`)?.[1] ?? 0;
  const base = { block, role: 'feed-forward', width } as const;
  const read: Port = { ...base, layer: last, side: 'reads', first: 0 };
  const half = (first: number): Port | undefined =>
    rows === 2 * width ? { ...base, layer, side: 'writes', first } : undefined;
  return {
    slip: 'gate',
    block,
    at: layer.slice(0, -'.net.0.proj'.length),
    filed: [paired(read, half(0))],
    slipped: [paired(read, half(width))],
  };
}
