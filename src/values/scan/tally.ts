import type { PlainDtype } from '../../formats/dtype.ts';

/** Exponent bits of a float32 that is infinite or no number. */
const FULL = 255;

/** Where float32 has 2⁰. */
const BIAS = 127;

/** What is counted of a tensor's elements while they go by. */
export interface Tally {
  readonly elements: number;
  readonly nan: number;
  readonly infinite: number;
  readonly zeros: number;
  /** Of the finite ones; NaN where there is none. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly deviation: number;
  /** How many finite elements have a magnitude in [2^(i−127), 2^(i−126)); zeros are not among them. */
  readonly magnitudes: Float64Array;
}

/** Gathers a `Tally` over pieces. */
export interface Tallying {
  add(bytes: Uint8Array): void;
  finish(): Tally;
}

/** Counts float32 numbers. */
export class FloatTally implements Tallying {
  // two rows, so that neighbours of one exponent do not wait for each other
  readonly #bins = new Int32Array(512);
  #elements = 0;
  #nan = 0;
  #zeros = 0;
  #sum = 0;
  #squares = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  add(bytes: Uint8Array): void {
    this.floats(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2));
  }

  floats(values: Float32Array): void {
    const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
    const bins = this.#bins;
    const smallBefore = (bins[0] as number) + (bins[256] as number);
    const fullBefore = (bins[FULL] as number) + (bins[FULL + 256] as number);
    let sum = 0;
    let squares = 0;
    let min = this.#min;
    let max = this.#max;
    for (let at = 0; at < values.length; at += 1) {
      const bin = (((bits[at] as number) >>> 23) & FULL) | ((at & 1) << 8);
      bins[bin] = (bins[bin] as number) + 1;
      const value = values[at] as number;
      sum += value;
      squares += value * value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.#elements += values.length;
    if ((bins[0] as number) + (bins[256] as number) > smallBefore) this.#countZeros(bits);
    if ((bins[FULL] as number) + (bins[FULL + 256] as number) > fullBefore) return this.#finiteOnly(values);
    this.#sum += sum;
    this.#squares += squares;
    this.#min = min;
    this.#max = max;
  }

  finish(): Tally {
    const magnitudes = Float64Array.from(
      { length: 256 },
      (_, bin) => (this.#bins[bin] as number) + (this.#bins[bin + 256] as number),
    );
    const notFinite = magnitudes[FULL] as number;
    magnitudes[0] = (magnitudes[0] as number) - this.#zeros;
    magnitudes[FULL] = 0;
    return {
      elements: this.#elements,
      nan: this.#nan,
      infinite: notFinite - this.#nan,
      zeros: this.#zeros,
      magnitudes,
      ...moments(this.#elements - notFinite, this.#sum, this.#squares, this.#min, this.#max),
    };
  }

  #countZeros(bits: Int32Array): void {
    let zeros = 0;
    for (let at = 0; at < bits.length; at += 1) if ((bits[at] as number) << 1 === 0) zeros += 1;
    this.#zeros += zeros;
  }

  #finiteOnly(values: Float32Array): void {
    for (const value of values) {
      if (Number.isNaN(value)) this.#nan += 1;
      if (!Number.isFinite(value)) continue;
      this.#sum += value;
      this.#squares += value * value;
      this.#min = Math.min(this.#min, value);
      this.#max = Math.max(this.#max, value);
    }
  }
}

/** The numbers that the patterns of bits of a dtype stand for. */
interface Codes {
  readonly dtype: PlainDtype;
  readonly values: Float32Array;
}

/**
 * Counts numbers of 16 or 8 bits by their pattern: nothing is computed until all have gone by, and everything that is
 * then computed is exact.
 */
export class CodeTally implements Tallying {
  readonly #codes: Codes;
  readonly #counts: Int32Array;

  constructor(codes: Codes) {
    this.#codes = codes;
    // two rows, so that neighbours that are alike do not wait for each other
    this.#counts = new Int32Array(2 * codes.values.length);
  }

  add(bytes: Uint8Array): void {
    const size = this.#codes.values.length;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    if (size === 256) countBytes(words, this.#counts);
    else countPairs(words, this.#counts);
    const counts = this.#counts;
    const done = words.length * 4;
    if (size === 256) {
      for (let at = done; at < bytes.byteLength; at += 1) {
        const code = bytes[at] as number;
        counts[code] = (counts[code] as number) + 1;
      }
    } else if (bytes.byteLength - done >= 2) {
      const code = (bytes[done] as number) | ((bytes[done + 1] as number) << 8);
      counts[code] = (counts[code] as number) + 1;
    }
  }

  finish(): Tally {
    const { values } = this.#codes;
    const exponents = exponentsOf(this.#codes);
    const magnitudes = new Float64Array(256);
    const counted = { elements: 0, nan: 0, infinite: 0, zeros: 0 };
    let sum = 0;
    let squares = 0;
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let code = 0; code < values.length; code += 1) {
      const count = (this.#counts[code] as number) + (this.#counts[code + values.length] as number);
      if (count === 0) continue;
      const value = values[code] as number;
      counted.elements += count;
      if (!Number.isFinite(value)) {
        counted[Number.isNaN(value) ? 'nan' : 'infinite'] += count;
        continue;
      }
      if (value === 0) counted.zeros += count;
      else {
        const exponent = exponents[code] as number;
        magnitudes[exponent] = (magnitudes[exponent] as number) + count;
      }
      sum += count * value;
      squares += count * value * value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    const finite = counted.elements - counted.nan - counted.infinite;
    return { ...counted, magnitudes, ...moments(finite, sum, squares, min, max) };
  }
}

function countPairs(words: Int32Array, counts: Int32Array): void {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as number;
    const low = word & 0xffff;
    const high = (word >>> 16) | 0x10000;
    counts[low] = (counts[low] as number) + 1;
    counts[high] = (counts[high] as number) + 1;
  }
}

function countBytes(words: Int32Array, counts: Int32Array): void {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] as number;
    const a = word & 0xff;
    const b = ((word >>> 8) & 0xff) | 0x100;
    const c = (word >>> 16) & 0xff;
    const d = (word >>> 24) | 0x100;
    counts[a] = (counts[a] as number) + 1;
    counts[b] = (counts[b] as number) + 1;
    counts[c] = (counts[c] as number) + 1;
    counts[d] = (counts[d] as number) + 1;
  }
}

const exponents = new Map<PlainDtype, Uint8Array>();

function exponentsOf({ dtype, values }: Codes): Uint8Array {
  const had = exponents.get(dtype);
  if (had !== undefined) return had;
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const made = Uint8Array.from(bits, (word) => (word >>> 23) & FULL);
  exponents.set(dtype, made);
  return made;
}

function moments(count: number, sum: number, squares: number, min: number, max: number) {
  if (count === 0) return { min: Number.NaN, max: Number.NaN, mean: Number.NaN, deviation: Number.NaN };
  const mean = sum / count;
  // minus zero is zero
  return {
    min: min + 0,
    max: max + 0,
    mean,
    deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)),
  };
}

/** A few numbers that stand far off from all others. */
export interface Outliers {
  readonly count: number;
  /** Each has at least this magnitude … */
  readonly from: number;
  /** … and all others are below this one. */
  readonly others: number;
}

/** A gap so wide stands between the outliers and the rest: 2⁶. */
const GAP = 6;

/**
 * Numbers beyond an empty stretch of at least six powers of two, at most one in ten thousand (and four at least): what a
 * flipped bit of an exponent leaves behind. Undefined where there are none.
 */
export function outliersOf({ elements, magnitudes }: Tally): Outliers | undefined {
  const most = Math.max(4, elements / 10_000);
  let count = 0;
  let last: number | undefined;
  for (let bin = FULL - 1; bin >= 0; bin -= 1) {
    const here = magnitudes[bin] as number;
    if (here === 0) continue;
    if (last !== undefined && last - bin > GAP) {
      // the rest must be many: of a handful of numbers any may stand alone
      if (elements < 64) return undefined;
      return { count, from: 2 ** (last - BIAS), others: 2 ** (bin + 1 - BIAS) };
    }
    count += here;
    last = bin;
    if (count > most) return undefined;
  }
  return undefined;
}
