import type { Elements } from '../../formats/elements.ts';
import { channelsOf } from '../channels.ts';
import { correlate, Gram, patternOf, scaleOf } from '../gram.ts';
import type { Matrix, NetWeights } from '../weights.ts';
import type { Port, State } from './circuit.ts';
import { ORIENTED_CHANNELS, OrientedGram, TAPS } from './oriented.ts';

export interface MeasureOptions {
  /** At most so many channels of a layer are looked at, by default 256. The cost grows with the number. */
  readonly channels?: number;
  /** Called before each layer, with how many there are. */
  readonly told?: (layer: number, of: number) => void;
}

const CHANNELS = 256;

const NONE: ReadonlySet<string> = new Set();

/** Numbers that are read at a time. */
const PIECE = 1 << 20;

/** What is kept of a port. */
interface Measured {
  readonly pattern: Float32Array;
  /** Root mean square length of its rows: how loud a writer is among the others of a stream. */
  readonly amplitude: number;
  /** For kernels of 3×3 what they do down the picture more than across it, by three pairs of waves. */
  readonly oriented?: readonly (Float32Array | undefined)[];
}

/** The patterns of a net's ports, and their correlations with each other. */
export class Patterns {
  readonly #patterns: ReadonlyMap<string, Measured>;
  readonly #limit: number;
  readonly #products = new Map<string, number>();
  readonly #indices = new Map<string, number>();

  constructor(patterns: ReadonlyMap<string, Measured>, limit: number) {
    this.#patterns = patterns;
    this.#limit = limit;
    for (const key of patterns.keys()) this.#indices.set(key, this.#indices.size);
  }

  has(port: Port): boolean {
    return this.#patterns.has(keyOf(port));
  }

  /** Standard deviations of chance in a correlation of 1 between ports of this width. */
  scale(width: number): number {
    return scaleOf(Math.min(width, this.#limit));
  }

  /**
   * Correlation of a port with the sum of others, each as loud as its amplitude: weaker than its power, because what
   * enters a writer is not known, and one loud layer would drown the rest. Undefined where one has no pattern.
   */
  correlation(port: Port, others: readonly Port[]): number | undefined {
    let cross = 0;
    let power = 0;
    for (const [index, other] of others.entries()) {
      const product = this.#product(port, other);
      if (product === undefined) return undefined;
      const amplitude = this.#amplitude(other);
      cross += amplitude * product;
      power += amplitude * amplitude;
      for (const before of others.slice(0, index)) {
        power += 2 * amplitude * this.#amplitude(before) * (this.#product(before, other) ?? 0);
      }
    }
    return power > 0 ? cross / Math.sqrt(power) : undefined;
  }

  /**
   * How well the directions of a port's kernels go with those of others, in standard deviations of chance: Σ z/√pairs
   * over pairs of waves. Undefined where neither has kernels.
   * @param turned layers whose kernels are taken for transposed
   */
  directions(
    port: Port,
    others: readonly Port[],
    turned: ReadonlySet<string> = NONE,
  ): { readonly z: number; readonly r: number } | undefined {
    const own = this.#patterns.get(keyOf(port))?.oriented;
    const there = others.flatMap((other) => {
      const found = this.#patterns.get(keyOf(other))?.oriented;
      const sign = turned.has(other.layer) ? -1 : 1;
      return found === undefined ? [] : [{ found, loud: sign * this.#amplitude(other) }];
    });
    const correlations = (own ?? []).flatMap((pattern, pair) => {
      const sum = added(there.map(({ found, loud }) => [found[pair], loud]));
      return pattern === undefined || sum === undefined ? [] : [correlate(pattern, sum)];
    });
    if (correlations.length === 0) return undefined;
    const sign = turned.has(port.layer) ? -1 : 1;
    const total = sign * correlations.reduce((sum, r) => sum + r, 0);
    const scale = scaleOf(Math.min(port.width, ORIENTED_CHANNELS));
    return { z: (total * scale) / Math.sqrt(correlations.length), r: total / correlations.length };
  }

  /** A reader with what flows at a place, in standard deviations of chance, atanh(r)·√(n(n−3)/2). */
  fit(reader: Port, { writers }: State): number | undefined {
    const r = this.correlation(reader, writers);
    return r === undefined ? undefined : Math.atanh(Math.min(0.999, r)) * this.scale(reader.width);
  }

  /**
   * What ports of one width have in common: the sum of their patterns, brought to length 1, and how well they go with each
   * other, Σ z/√pairs over all pairs. Undefined where fewer than two have a pattern.
   */
  shared(ports: readonly Port[]): { readonly pattern: Float32Array; readonly z: number } | undefined {
    const own = ports.flatMap((port) => this.#patterns.get(keyOf(port))?.pattern ?? []);
    const [first] = own;
    if (first === undefined || own.length < 2) return undefined;
    const sum = first.map((_, at) => own.reduce((total, pattern) => total + (pattern[at] as number), 0));
    const power = correlate(sum, sum);
    const [twice, count] = [power - own.length, own.length * (own.length - 1)];
    return {
      pattern: sum.map((value) => value / Math.sqrt(power)),
      z: (twice / Math.sqrt(2 * count)) * this.scale(ports[0]?.width ?? 0),
    };
  }

  #amplitude(port: Port): number {
    return port.side === 'writes' ? (this.#patterns.get(keyOf(port))?.amplitude ?? 0) : 1;
  }

  #product(a: Port, b: Port): number | undefined {
    if (a.width !== b.width) return undefined;
    const [first, second] = [keyOf(a), keyOf(b)];
    const left = this.#patterns.get(first)?.pattern;
    const right = this.#patterns.get(second)?.pattern;
    if (left === undefined || right === undefined) return undefined;
    const [i, j] = [this.#indices.get(first) as number, this.#indices.get(second) as number];
    const key = i < j ? `${i}:${j}` : `${j}:${i}`;
    const had = this.#products.get(key);
    if (had !== undefined) return had;
    const product = correlate(left, right);
    this.#products.set(key, product);
    return product;
  }
}

/** The sum of patterns, each times a number, brought to length 1. */
function added(
  patterns: readonly (readonly [pattern: Float32Array | undefined, loud: number])[],
): Float32Array | undefined {
  let sum: Float32Array | undefined;
  for (const [pattern, loud] of patterns) {
    if (pattern === undefined) continue;
    sum ??= new Float32Array(pattern.length);
    for (let at = 0; at < sum.length; at += 1) {
      sum[at] = (sum[at] as number) + loud * (pattern[at] as number);
    }
  }
  const length = sum === undefined ? 0 : Math.sqrt(correlate(sum, sum));
  return length > 0 ? sum?.map((value) => value / length) : undefined;
}

/** Reads every layer once and takes the pattern of each of its ports. */
export async function measure(
  ports: readonly Port[],
  weights: NetWeights,
  options: MeasureOptions = {},
): Promise<Patterns> {
  const limit = options.channels ?? CHANNELS;
  const byLayer = new Map<string, Map<string, Map<string, Port>>>();
  for (const port of ports) {
    const own = byLayer.get(port.layer) ?? new Map<string, Map<string, Port>>();
    byLayer.set(port.layer, own);
    const same = own.get(channelKey(port)) ?? new Map<string, Port>();
    own.set(channelKey(port), same.set(keyOf(port), port));
  }
  const patterns = new Map<string, Measured>();
  let done = 0;
  for (const [layer, own] of byLayer) {
    const matrix = await weights.matrix(layer);
    options.told?.((done += 1), byLayer.size);
    if (matrix === undefined) continue;
    const grams = [...own.values()].map((same) => {
      const [port] = same.values();
      const oriented = matrix.taps === TAPS ? new OrientedGram(port as Port, matrix) : undefined;
      return { same, oriented, gram: gramOf(port as Port, matrix, limit) };
    });
    const { rows, inputs, taps, elements } = matrix;
    const height = Math.max(1, Math.floor(PIECE / (inputs * taps)));
    for (let from = 0; from < rows; from += height) {
      const to = Math.min(rows, from + height);
      const piece = await elements(from, to);
      for (const { gram, oriented } of grams) {
        gram.add(piece, from, to);
        oriented?.add(piece, from, to);
      }
    }
    for (const { same, gram, oriented } of grams) {
      const sums = gram.finish();
      const { channels } = gram;
      for (const [key, port] of same) {
        const gains = port.norm === undefined ? undefined : await weights.floats(port.norm);
        const pattern = patternOf(sums, channels.length, gains && signsOf(gains, port, channels));
        if (pattern === undefined) continue;
        const directed = oriented?.finish(gains && signsOf(gains, port, oriented.channels));
        patterns.set(key, {
          pattern,
          amplitude: amplitudeOf(sums, channels.length),
          ...(directed === undefined ? {} : { oriented: directed }),
        });
      }
    }
  }
  return new Patterns(patterns, limit);
}

function signsOf(gains: Float32Array, { first }: Port, channels: Int32Array): Int8Array {
  return Int8Array.from(channels, (channel) => ((gains[first + channel] as number) < 0 ? -1 : 1));
}

function keyOf(port: Port): string {
  return `${port.layer}:${channelKey(port)}:${port.norm ?? ''}`;
}

/** Ports of a layer that are of the same channels have one Gram matrix, whatever the signs of a norm. */
function channelKey({ side, first, width }: Port): string {
  return `${side}:${first}:${width}`;
}

function amplitudeOf(gram: Float64Array, n: number): number {
  let power = 0;
  for (let index = 0; index < n; index += 1) power += gram[index * n + index] as number;
  return Math.sqrt(power / n);
}

/** The Gram matrix of a port's channels, out of a layer's rows as they go by. */
interface PortGram {
  readonly channels: Int32Array;
  /** Rows `from` up to `to` of the layer. */
  add(rows: Elements, from: number, to: number): void;
  finish(): Float64Array;
}

function gramOf({ side, first, width }: Port, matrix: Matrix, limit: number): PortGram {
  const channels = channelsOf(width, limit);
  return side === 'writes' ? writtenGram(matrix, first, channels) : readGram(matrix, first, channels);
}

/** W·Wᵀ over output channels. */
function writtenGram({ inputs, taps }: Matrix, first: number, channels: Int32Array): PortGram {
  const length = inputs * taps;
  const chosen = new Float32Array(channels.length * length);
  let next = 0;
  return {
    channels,
    add(rows, from, to) {
      for (; next < channels.length && first + (channels[next] as number) < to; next += 1) {
        const at = (first + (channels[next] as number) - from) * length;
        rows.copy({ first: at, length }, chosen, next * length);
      }
    },
    finish() {
      const gram = new Gram(channels.length);
      gram.add(
        chosen,
        Int32Array.from(channels, (_, index) => index * length),
        length,
      );
      return gram.finish();
    },
  };
}

/** Wᵀ·W over input channels, summed over outputs and kernel positions. */
function readGram({ inputs, taps }: Matrix, first: number, channels: Int32Array): PortGram {
  const gram = new Gram(channels.length);
  return {
    channels,
    add(rows, from, to) {
      const count = (to - from) * taps;
      const gathered = new Float32Array(channels.length * count);
      for (const [index, channel] of channels.entries()) {
        const runs = {
          first: (first + channel) * taps,
          length: taps,
          count: to - from,
          stride: inputs * taps,
        };
        rows.copy(runs, gathered, index * count);
      }
      gram.add(
        gathered,
        Int32Array.from(channels, (_, index) => index * count),
        count,
      );
    },
    finish: () => gram.finish(),
  };
}
