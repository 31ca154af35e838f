import type { Elements } from '../../formats/elements.ts';
import { channelsOf } from '../channels.ts';
import { centred, Gram } from '../gram.ts';
import type { Matrix } from '../weights.ts';
import type { Port } from './circuit.ts';

/** Channels of a layer that are looked at: of what tells across from along, fewer will do. */
export const ORIENTED_CHANNELS = 48;

/** Kernels of a channel that are looked at, of as many as it has: more make it no surer. */
const KERNELS = 512;

/** A 3×3 kernel has so many positions. */
export const TAPS = 9;

/** Pairs of a wave down and another across a kernel; transposing it exchanges the two. */
const PAIRS = 3;

/**
 * What the kernels of a port's channels do down the picture more than across it. H and V being the layer's weights seen
 * through a wave down and another across, and through the same two exchanged, the pattern of H·Hᵀ − V·Vᵀ over the channels, for each of three
 * pairs of waves. With rows and columns of its kernels exchanged it turns its sign.
 */
export class OrientedGram {
  readonly #port: Port;
  readonly #matrix: Matrix;
  readonly #channels: Int32Array;
  readonly #grams: readonly (readonly [Gram, Gram])[];
  /** Squared lengths of the channels, all positions together. */
  readonly #power: Float64Array;
  /** Rows of the layer that went by already. */
  readonly #kept = new Map<number, Float32Array>();

  constructor(port: Port, matrix: Matrix) {
    this.#port = port;
    this.#matrix = matrix;
    this.#channels = channelsOf(port.width, ORIENTED_CHANNELS);
    const size = this.#channels.length;
    this.#grams = Array.from({ length: PAIRS }, () => [new Gram(size), new Gram(size)] as const);
    this.#power = new Float64Array(size);
  }

  /** Rows `from` up to `to` of the layer. */
  add(rows: Elements, from: number, to: number): void {
    if (this.#port.side === 'writes') this.#addWritten(rows, from, to);
    else this.#addRead(rows, from, to);
  }

  /** A pattern of length 1 for each pair of waves; undefined where there is none. */
  finish(signs: Int8Array | undefined): readonly (Float32Array | undefined)[] {
    const scale = Float64Array.from(this.#power, (power, index) =>
      power > 0 ? (signs?.[index] ?? 1) / Math.sqrt(power) : 0,
    );
    return this.#grams.map(([down, across]) => {
      const [a, b] = [down.finish(), across.finish()];
      return centred(
        a.map((value, index) => value - (b[index] as number)),
        this.#channels.length,
        scale,
      );
    });
  }

  get channels(): Int32Array {
    return this.#channels;
  }

  #addWritten(rows: Elements, from: number, to: number): void {
    const { inputs } = this.#matrix;
    for (const [index, channel] of this.#channels.entries()) {
      const row = this.#port.first + channel;
      if (row < from || row >= to) continue;
      const length = inputs * TAPS;
      const own = new Float32Array(length);
      rows.copy({ first: (row - from) * length, length }, own, 0);
      this.#kept.set(index, own);
    }
    // a Gram matrix wants all rows side by side
    if (this.#kept.size < this.#channels.length) return;
    const step = stepOver(inputs);
    this.#fill(
      Math.floor(inputs / step),
      step * TAPS,
      (index) => this.#kept.get(index) as Float32Array,
      () => 0,
    );
    this.#kept.clear();
  }

  #addRead(rows: Elements, from: number, to: number): void {
    const { inputs, rows: all } = this.#matrix;
    const step = stepOver(all);
    const skipped = (step - (from % step)) % step;
    const count = Math.ceil(Math.max(0, to - from - skipped) / step);
    const start = skipped * inputs + this.#port.first;
    const [stride, length] = [step * inputs * TAPS, count * TAPS];
    const gathered = new Float32Array(this.#channels.length * length);
    for (const [index, channel] of this.#channels.entries()) {
      rows.copy({ first: (start + channel) * TAPS, length: TAPS, count, stride }, gathered, index * length);
    }
    this.#fill(
      count,
      TAPS,
      () => gathered,
      (index) => index * length,
    );
  }

  /**
   * Adds `count` kernels of each channel, `stride` numbers apart. Each is seen through its mean, slope and bend across, and those
   * through mean, slope and bend down (the discrete cosine transform of three); what factors a pair has in common goes out
   * with the length of its pattern.
   */
  #fill(
    count: number,
    stride: number,
    valuesOf: (index: number) => Float32Array,
    startOf: (index: number) => number,
  ): void {
    const size = this.#channels.length;
    const columns = Array.from({ length: 2 * PAIRS }, () => new Float32Array(size * count));
    const [down10, across10, down20, across20, down21, across21] = columns as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let index = 0; index < size; index += 1) {
      const values = valuesOf(index);
      let power = 0;
      let at = startOf(index);
      for (let place = index * count; place < (index + 1) * count; place += 1) {
        const [a, b, c] = [values[at] as number, values[at + 1] as number, values[at + 2] as number];
        const [d, e, f] = [values[at + 3] as number, values[at + 4] as number, values[at + 5] as number];
        const [g, h, i] = [values[at + 6] as number, values[at + 7] as number, values[at + 8] as number];
        power += a * a + b * b + c * c + d * d + e * e + f * f + g * g + h * h + i * i;
        const [mean0, mean1, mean2] = [a + b + c, d + e + f, g + h + i];
        const [slope0, slope1, slope2] = [a - c, d - f, g - i];
        const [bend0, bend1, bend2] = [a - 2 * b + c, d - 2 * e + f, g - 2 * h + i];
        down10[place] = mean0 - mean2;
        across10[place] = slope0 + slope1 + slope2;
        down20[place] = mean0 - 2 * mean1 + mean2;
        across20[place] = bend0 + bend1 + bend2;
        down21[place] = slope0 - 2 * slope1 + slope2;
        across21[place] = bend0 - bend2;
        at += stride;
      }
      this.#power[index] = (this.#power[index] as number) + power;
    }
    const starts = Int32Array.from({ length: size }, (_, index) => index * count);
    for (const [pair, [down, across]] of this.#grams.entries()) {
      down.add(columns[2 * pair] as Float32Array, starts, count);
      across.add(columns[2 * pair + 1] as Float32Array, starts, count);
    }
  }
}

function stepOver(kernels: number): number {
  return Math.max(1, Math.floor(kernels / KERNELS));
}
